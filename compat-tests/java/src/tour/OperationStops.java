package tour;

import static tour.Checks.OPEN;
import static tour.Checks.WAIT_MS;
import static tour.Checks.again;
import static tour.Checks.bytes;
import static tour.Checks.check;
import static tour.Checks.checkEquals;
import static tour.Checks.checkEvent;
import static tour.Checks.refused;
import static tour.Checks.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.Watcher.WatcherType;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.admin.ZooKeeperAdmin;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.ClientInfo;
import org.apache.zookeeper.data.Stat;

/** Operations that applications seldom use, and every operation as a call that does not wait. */
final class OperationStops {
    private OperationStops() {}

    static void addTo(Map<String, ClientTour.Stop> stops) {
        stops.put("multiRead", OperationStops::multiRead);
        stops.put("asynchronous", OperationStops::asynchronous);
        stops.put("transactionBuilder", OperationStops::transactionBuilder);
        stops.put("ttlInTransactions", OperationStops::ttlInTransactions);
        stops.put("listings", OperationStops::listings);
        stops.put("identities", OperationStops::identities);
        stops.put("chroot", OperationStops::chroot);
        stops.put("configuration", OperationStops::configuration);
        stops.put("reconfigRefused", OperationStops::reconfigRefused);
        stops.put("syncCall", OperationStops::syncCall);
    }

    private static void multiRead(String root) throws Exception {
        try (Handle handle = new Handle(ClientTour.servers)) {
            handle.zk.create(root + "/a", bytes("1"), OPEN, CreateMode.PERSISTENT);
            handle.zk.create(root + "/closed", bytes("2"), Collections.singletonList(new ACL(Perms.ADMIN, Ids.ANYONE_ID_UNSAFE)),
                CreateMode.PERSISTENT);
            List<OpResult> results = handle.zk.multi(Arrays.asList(
                Op.getData(root + "/a"), Op.getChildren(root), Op.getData(root + "/none"), Op.getData(root + "/closed"), Op.getChildren(root + "/a")));
            checkEquals("1", text(((OpResult.GetDataResult) results.get(0)).getData()));
            checkEquals(handle.zk.exists(root + "/a", false), ((OpResult.GetDataResult) results.get(0)).getStat());
            checkEquals(new TreeSet<>(Arrays.asList("a", "closed")), new TreeSet<>(((OpResult.GetChildrenResult) results.get(1)).getChildren()));
            checkEquals(Code.NONODE.intValue(), ((OpResult.ErrorResult) results.get(2)).getErr());
            checkEquals(Code.NOAUTH.intValue(), ((OpResult.ErrorResult) results.get(3)).getErr());
            checkEquals(0, ((OpResult.GetChildrenResult) results.get(4)).getChildren().size());
        }
    }

    /** Each operation once without waiting; their callbacks in order, and what each says. */
    private static void asynchronous(String root) throws Exception {
        try (Handle handle = new Handle(ClientTour.servers)) {
            ZooKeeper zk = handle.zk;
            BlockingQueue<String> told = new LinkedBlockingQueue<>();
            String a = root + "/a";
            zk.create(a, bytes("x"), OPEN, CreateMode.PERSISTENT, (rc, path, context, name) -> told.add("create " + rc + " " + a.equals(name)), null);
            zk.create(root + "/b", bytes("x"), OPEN, CreateMode.CONTAINER, (rc, path, context, name, stat) ->
                told.add("create2 " + rc + " " + stat.getDataLength()), null);
            zk.create(root + "/ttl", bytes("x"), OPEN, CreateMode.PERSISTENT_WITH_TTL, (rc, path, context, name, stat) -> told.add("ttl " + rc), null, 1_000);
            zk.exists(a, false, (rc, path, context, stat) -> told.add("exists " + rc + " " + stat.getVersion()), null);
            zk.setData(a, bytes("yy"), 0, (rc, path, context, stat) -> told.add("setData " + rc + " " + stat.getVersion()), null);
            zk.getData(a, false, (rc, path, context, data, stat) -> told.add("getData " + rc + " " + text(data)), null);
            zk.getACL(a, new Stat(), (rc, path, context, acl, stat) -> told.add("getACL " + rc + " " + acl.equals(OPEN)), null);
            zk.setACL(a, OPEN, 0, (rc, path, context, stat) -> told.add("setACL " + rc + " " + stat.getAversion()), null);
            zk.getChildren(root, false, (int rc, String path, Object context, List<String> names) ->
                told.add("getChildren " + rc + " " + new TreeSet<>(names)), null);
            zk.getChildren(root, false, (int rc, String path, Object context, List<String> names, Stat stat) ->
                told.add("getChildren2 " + rc + " " + stat.getNumChildren()), null);
            zk.getAllChildrenNumber(root, (rc, path, context, number) -> told.add("getAllChildrenNumber " + rc + " " + number), null);
            zk.getEphemerals(root, (rc, context, paths) -> told.add("getEphemerals " + rc + " " + paths), null);
            zk.getConfig(false, (rc, path, context, data, stat) -> told.add("getConfig " + rc), null);
            zk.addWatch(root, handle, AddWatchMode.PERSISTENT, (rc, path, context) -> told.add("addWatch " + rc), null);
            zk.removeAllWatches(root, WatcherType.Any, false, (rc, path, context) -> told.add("removeAllWatches " + rc), null);
            zk.multi(Arrays.asList(Op.check(a, 1), Op.setData(a, null, 1)), (rc, path, context, results) -> told.add("multi " + rc + " " + results.size()), null);
            zk.sync(root, (rc, path, context) -> told.add("sync " + rc), null);
            zk.delete(a, 9, (rc, path, context) -> told.add("delete " + rc), null);
            zk.delete(a, -1, (rc, path, context) -> told.add("delete " + rc), null);
            List<String> expected = Arrays.asList("create 0 true", "create2 0 1", "ttl -6", "exists 0 0", "setData 0 1", "getData 0 yy", "getACL 0 true",
                "setACL 0 1", "getChildren 0 [a, b]", "getChildren2 0 2", "getAllChildrenNumber 0 2", "getEphemerals 0 []", "getConfig 0", "addWatch 0",
                "removeAllWatches 0", "multi 0 2", "sync 0", "delete -103", "delete 0");
            List<String> found = new ArrayList<>();
            for (int i = 0; i < expected.size(); i++) {
                found.add(told.poll(WAIT_MS, TimeUnit.MILLISECONDS));
            }
            checkEquals(expected, found);
        }
    }

    private static void transactionBuilder(String root) throws Exception {
        try (Handle handle = new Handle(ClientTour.servers)) {
            List<OpResult> results = handle.zk.transaction().create(root + "/a", bytes("1"), OPEN, CreateMode.EPHEMERAL)
                .check(root + "/a", 0).setData(root + "/a", bytes("2"), 0).delete(root + "/a", 1).commit();
            checkEquals(4, results.size());
            checkEquals(0, handle.zk.multi(Collections.emptyList()).size());
            check(handle.zk.exists(root + "/a", false) == null, "the delete counts");
        }
    }

    private static void ttlInTransactions(String root) throws Exception {
        try (Handle handle = new Handle(ClientTour.servers)) {
            refused(Code.UNIMPLEMENTED, () -> handle.zk.multi(Arrays.asList(
                Op.create(root + "/a", null, OPEN, CreateMode.PERSISTENT),
                Op.create(root + "/ttl", null, OPEN, CreateMode.PERSISTENT_WITH_TTL, 1_000))));
            check(handle.zk.exists(root + "/a", false) == null, "half a transaction was applied");
        }
    }

    private static void listings(String root) throws Exception {
        try (Handle handle = new Handle(ClientTour.servers); Handle other = new Handle(ClientTour.servers)) {
            for (String path : new String[] {"/a", "/a/b", "/a/b/c", "/ab", "/ab/d"}) {
                handle.zk.create(root + path, null, OPEN, CreateMode.PERSISTENT);
            }
            checkEquals(2, handle.zk.getAllChildrenNumber(root + "/a"));
            checkEquals(5, handle.zk.getAllChildrenNumber(root));
            refused(Code.NONODE, () -> handle.zk.getAllChildrenNumber(root + "/none"));
            handle.zk.create(root + "/a/e", null, OPEN, CreateMode.EPHEMERAL);
            handle.zk.create(root + "/ab/e", null, OPEN, CreateMode.EPHEMERAL);
            other.zk.create(root + "/e", null, OPEN, CreateMode.EPHEMERAL);
            checkEquals(new TreeSet<>(Arrays.asList(root + "/a/e", root + "/ab/e")), new TreeSet<>(handle.zk.getEphemerals()));
            checkEquals(new TreeSet<>(Arrays.asList(root + "/a/e", root + "/ab/e")), new TreeSet<>(handle.zk.getEphemerals(root + "/a")));
            checkEquals(0, handle.zk.getEphemerals(root + "/none").size());
            checkEquals(1, other.zk.getEphemerals().size());
        }
    }

    private static void identities(String root) throws Exception {
        try (Handle handle = new Handle(ClientTour.servers)) {
            handle.zk.addAuthInfo("digest", bytes("bob:secret"));
            handle.zk.addAuthInfo("digest", bytes("eve:other"));
            List<String> found = new ArrayList<>();
            for (ClientInfo one : handle.zk.whoAmI()) {
                found.add(one.getAuthScheme() + " " + one.getUser());
            }
            Collections.sort(found);
            checkEquals(Arrays.asList("digest bob", "digest eve", "ip 127.0.0.1"), found);
            handle.zk.create(root + "/both", null, Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT);
            checkEquals(2, handle.zk.getACL(root + "/both", null).size());
        }
    }

    /** A client that takes a node for its root. */
    private static void chroot(String root) throws Exception {
        try (Handle inside = new Handle(ClientTour.servers + root); Handle outside = new Handle(ClientTour.servers)) {
            checkEquals("/a", inside.zk.create("/a", bytes("x"), OPEN, CreateMode.PERSISTENT));
            outside.caughtUp();
            checkEquals("x", text(outside.zk.getData(root + "/a", false, null)));
            inside.zk.getData("/a", inside, null);
            inside.zk.getChildren("/", inside);
            outside.zk.setData(root + "/a", null, -1);
            checkEvent(inside.next(), EventType.NodeDataChanged, "/a", null);
            outside.zk.create(root + "/b", null, OPEN, CreateMode.PERSISTENT);
            checkEvent(inside.next(), EventType.NodeChildrenChanged, "/", null);
            checkEquals("/s-0000000002", inside.zk.create("/s-", null, OPEN, CreateMode.EPHEMERAL_SEQUENTIAL));
            // The client takes its root off every other path that it is told.
            checkEquals(Collections.singletonList(root + "/s-0000000002"), inside.zk.getEphemerals("/"));
            checkEquals(3, inside.zk.getAllChildrenNumber("/"));
        }
        try (Handle nowhere = new Handle(ClientTour.servers + root + "/none")) {
            refused(Code.NONODE, () -> nowhere.zk.create("/a", null, OPEN, CreateMode.PERSISTENT));
        }
    }

    /** The configuration node is read by all and written by none, and can be watched. */
    private static void configuration(String root) throws Exception {
        try (Handle handle = new Handle(ClientTour.servers)) {
            Stat stat = new Stat();
            check(handle.zk.getConfig(handle, stat) != null, "no configuration");
            checkEquals(stat, handle.zk.exists("/zookeeper/config", false));
            checkEquals(Ids.READ_ACL_UNSAFE, handle.zk.getACL("/zookeeper/config", null));
            refused(Code.NOAUTH, () -> handle.zk.setData("/zookeeper/config", bytes("x"), -1));
            refused(Code.BADARGUMENTS, () -> handle.zk.delete("/zookeeper/config", -1));
            handle.zk.removeWatches("/zookeeper/config", handle, WatcherType.Data, false);
            checkEquals(EventType.DataWatchRemoved, handle.next().getType());
        }
    }

    private static void reconfigRefused(String root) throws Exception {
        BlockingQueue<KeeperState> states = new LinkedBlockingQueue<>();
        try (ZooKeeperAdmin admin = new ZooKeeperAdmin(ClientTour.servers, 10_000, event -> states.add(event.getState()))) {
            checkEquals(KeeperState.SyncConnected, states.poll(WAIT_MS, TimeUnit.MILLISECONDS));
            refused(Code.RECONFIGDISABLED, () -> admin.reconfigure("server.9=127.0.0.1:1:2;3", null, null, -1, new Stat()));
            refused(Code.RECONFIGDISABLED, () -> admin.reconfigure(null, "9", null, -1, new Stat()));
            checkEquals(0, admin.getChildren(root, false).size());
        }
    }

    private static void syncCall(String root) throws Exception {
        try (Handle handle = new Handle(ClientTour.servers)) {
            again(() -> handle.zk.sync(root));
            handle.zk.sync(root + "/none");
        }
    }
}
