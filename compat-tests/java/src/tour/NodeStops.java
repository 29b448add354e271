package tour;

import static tour.Checks.OPEN;
import static tour.Checks.again;
import static tour.Checks.bytes;
import static tour.Checks.check;
import static tour.Checks.checkEquals;
import static tour.Checks.refused;
import static tour.Checks.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/** Nodes: what is written is read again, and what is wrong is refused. */
final class NodeStops {
    private NodeStops() {}

    static void addTo(Map<String, ClientTour.Stop> stops) {
        stops.put("nodes", NodeStops::nodes);
        stops.put("data", NodeStops::data);
        stops.put("sequences", NodeStops::sequences);
        stops.put("refusals", NodeStops::refusals);
        stops.put("transactions", NodeStops::transactions);
        stops.put("failedTransactions", NodeStops::failedTransactions);
        stops.put("large", NodeStops::large);
        stops.put("extended", NodeStops::extended);
    }

    private static void nodes(String root) throws Exception {
        try (Handle handle = new Handle(ClientTour.servers)) {
            ZooKeeper zk = handle.zk;
            Stat created = new Stat();
            checkEquals(root + "/a", zk.create(root + "/a", bytes("one"), OPEN, CreateMode.PERSISTENT, created));
            checkEquals(created, zk.exists(root + "/a", false));
            checkEquals(created.getCzxid(), created.getMzxid());
            checkEquals(3, created.getDataLength());
            check(Math.abs(System.currentTimeMillis() - created.getCtime()) < 60_000, "ctime " + created.getCtime());
            Stat written = zk.setData(root + "/a", bytes("second"), 0);
            checkEquals(1, written.getVersion());
            check(written.getMzxid() > created.getCzxid(), "mzxid " + written.getMzxid());
            Stat read = new Stat();
            checkEquals("second", text(zk.getData(root + "/a", false, read)));
            checkEquals(written, read);
            zk.create(root + "/a/b", null, OPEN, CreateMode.PERSISTENT);
            zk.create(root + "/a/c", null, OPEN, CreateMode.PERSISTENT);
            checkEquals(new TreeSet<>(Arrays.asList("b", "c")), new TreeSet<>(zk.getChildren(root + "/a", false, read)));
            checkEquals(2, read.getNumChildren());
            checkEquals(2, zk.getAllChildrenNumber(root + "/a"));
            zk.delete(root + "/a/b", 0);
            checkEquals(Collections.singletonList("c"), zk.getChildren(root + "/a", false));
            zk.create(root + "/caf\u00e9 \u6f22", null, OPEN, CreateMode.PERSISTENT);
            check(zk.getChildren(root, false).contains("caf\u00e9 \u6f22"), "a name beyond ASCII");
            checkEquals("ip", zk.whoAmI().get(0).getAuthScheme());
            check(zk.getConfig(false, read) != null, "the configuration node is there");
        }
    }

    /** Null and empty data are different things and stay so. */
    private static void data(String root) throws Exception {
        try (Handle handle = new Handle(ClientTour.servers)) {
            ZooKeeper zk = handle.zk;
            zk.create(root + "/null", null, OPEN, CreateMode.PERSISTENT);
            zk.create(root + "/empty", new byte[0], OPEN, CreateMode.PERSISTENT);
            check(zk.getData(root + "/null", false, null) == null, "null became something");
            checkEquals(0, zk.getData(root + "/empty", false, null).length);
            zk.setData(root + "/null", new byte[0], -1);
            zk.setData(root + "/empty", null, -1);
            checkEquals(0, zk.getData(root + "/null", false, null).length);
            check(zk.getData(root + "/empty", false, null) == null, "null became something");
        }
    }

    private static void sequences(String root) throws Exception {
        try (Handle handle = new Handle(ClientTour.servers)) {
            ZooKeeper zk = handle.zk;
            for (String name : new String[] {"a", "b", "c"}) {
                zk.create(root + "/" + name, null, OPEN, CreateMode.PERSISTENT);
            }
            zk.delete(root + "/a", -1);
            checkEquals(root + "/s-0000000003", zk.create(root + "/s-", null, OPEN, CreateMode.PERSISTENT_SEQUENTIAL));
            checkEquals(5, zk.exists(root, false).getCversion());
            checkEquals(root + "/0000000004", zk.create(root + "/", null, OPEN, CreateMode.EPHEMERAL_SEQUENTIAL));
            refused(Code.NONODE, () -> zk.create(root + "/no/s-", null, OPEN, CreateMode.PERSISTENT_SEQUENTIAL));
            checkEquals(root + "/t0000000005", zk.create(root + "/t", null, OPEN, CreateMode.PERSISTENT_SEQUENTIAL));
        }
    }

    private static void refusals(String root) throws Exception {
        try (Handle handle = new Handle(ClientTour.servers)) {
            ZooKeeper zk = handle.zk;
            zk.create(root + "/a", null, OPEN, CreateMode.PERSISTENT);
            zk.create(root + "/a/b", null, OPEN, CreateMode.PERSISTENT);
            zk.create(root + "/e", null, OPEN, CreateMode.EPHEMERAL);
            refused(Code.NODEEXISTS, () -> zk.create(root + "/a", null, OPEN, CreateMode.PERSISTENT));
            refused(Code.NONODE, () -> zk.create(root + "/x/y", null, OPEN, CreateMode.PERSISTENT));
            refused(Code.NOCHILDRENFOREPHEMERALS, () -> zk.create(root + "/e/c", null, OPEN, CreateMode.PERSISTENT));
            refused(Code.NOTEMPTY, () -> zk.delete(root + "/a", -1));
            refused(Code.BADVERSION, () -> zk.delete(root + "/a/b", 7));
            refused(Code.BADVERSION, () -> zk.setData(root + "/a", null, 7));
            refused(Code.BADVERSION, () -> zk.setACL(root + "/a", OPEN, 7));
            refused(Code.NONODE, () -> zk.getData(root + "/x", false, null));
            refused(Code.NONODE, () -> zk.getChildren(root + "/x", false));
            refused(Code.NONODE, () -> zk.getACL(root + "/x", null));
            refused(Code.NONODE, () -> zk.delete(root + "/x", -1));
            refused(Code.BADARGUMENTS, () -> zk.delete("/zookeeper", -1));
            refused(Code.NOWATCHER, () -> zk.removeAllWatches(root + "/a", Watcher.WatcherType.Any, false));
            check(zk.exists(root + "/x", false) == null, "an absent node exists");
        }
    }

    private static void transactions(String root) throws Exception {
        try (Handle handle = new Handle(ClientTour.servers)) {
            ZooKeeper zk = handle.zk;
            zk.create(root + "/a", null, OPEN, CreateMode.PERSISTENT);
            List<OpResult> results = zk.multi(Arrays.asList(
                Op.check(root + "/a", 0),
                Op.create(root + "/m", bytes("m"), OPEN, CreateMode.PERSISTENT),
                Op.create(root + "/m/s-", null, OPEN, CreateMode.PERSISTENT_SEQUENTIAL),
                Op.create(root + "/m/s-", null, OPEN, CreateMode.EPHEMERAL_SEQUENTIAL),
                Op.create(root + "/box", null, OPEN, CreateMode.CONTAINER),
                Op.setData(root + "/m", bytes("mm"), 0),
                Op.delete(root + "/a", 0)));
            checkEquals(root + "/m/s-0000000000", ((OpResult.CreateResult) results.get(2)).getPath());
            checkEquals(root + "/m/s-0000000001", ((OpResult.CreateResult) results.get(3)).getPath());
            check(((OpResult.CreateResult) results.get(4)).getStat() != null, "a container's Stat");
            checkEquals(1, ((OpResult.SetDataResult) results.get(5)).getStat().getVersion());
            check(zk.exists(root + "/a", false) == null, "the delete counts");
            Stat stat = zk.exists(root + "/m", false);
            checkEquals(stat.getCzxid(), stat.getMzxid());
            // How a Kafka broker registers.
            results = zk.multi(Arrays.asList(
                Op.create(root + "/broker", null, OPEN, CreateMode.EPHEMERAL), Op.setData(root + "/broker", bytes("epoch"), 0)));
            checkEquals(zk.exists(root + "/broker", false), ((OpResult.SetDataResult) results.get(1)).getStat());
            results = zk.multi(Arrays.asList(Op.getData(root + "/m"), Op.getChildren(root + "/m"), Op.getData(root + "/x")));
            checkEquals("mm", text(((OpResult.GetDataResult) results.get(0)).getData()));
            checkEquals(2, ((OpResult.GetChildrenResult) results.get(1)).getChildren().size());
            checkEquals(Code.NONODE.intValue(), ((OpResult.ErrorResult) results.get(2)).getErr());
            zk.transaction().check(root + "/m", 1).setData(root + "/m", bytes("t"), 1).create(root + "/t", null, OPEN, CreateMode.PERSISTENT).commit();
            checkEquals("t", text(zk.getData(root + "/m", false, null)));
        }
    }

    private static void failedTransactions(String root) throws Exception {
        try (Handle handle = new Handle(ClientTour.servers)) {
            ZooKeeper zk = handle.zk;
            zk.create(root + "/a", null, OPEN, CreateMode.PERSISTENT);
            try {
                zk.multi(Arrays.asList(
                    Op.create(root + "/s-", null, OPEN, CreateMode.PERSISTENT_SEQUENTIAL),
                    Op.setData(root + "/a", bytes("no"), 0),
                    Op.check(root + "/a", 7),
                    Op.delete(root + "/a", -1),
                    Op.create(root + "/b", null, OPEN, CreateMode.PERSISTENT)));
                throw new IllegalStateException("a failing check let a transaction pass");
            } catch (KeeperException.BadVersionException expected) {
                List<Integer> codes = new ArrayList<>();
                for (OpResult result : expected.getResults()) {
                    codes.add(((OpResult.ErrorResult) result).getErr());
                }
                checkEquals(Arrays.asList(0, 0, -103, -2, -2), codes);
            }
            checkEquals(0, zk.exists(root + "/a", false).getVersion());
            check(zk.exists(root + "/b", false) == null, "half a transaction was applied");
            checkEquals(root + "/s-0000000001", zk.create(root + "/s-", null, OPEN, CreateMode.PERSISTENT_SEQUENTIAL));
        }
    }

    /** The largest that fits into a frame, and one byte more. The client's own limit must be higher: -Djute.maxbuffer. */
    private static void large(String root) throws Exception {
        try (Handle handle = new Handle(ClientTour.servers)) {
            byte[] most = new byte[1_048_575 - 20 - (root + "/n").length()];
            Arrays.fill(most, (byte) 7);
            handle.zk.create(root + "/n", new byte[1_000_000], OPEN, CreateMode.PERSISTENT);
            checkEquals(1_000_000, handle.zk.getData(root + "/n", false, null).length);
            handle.zk.setData(root + "/n", most, -1);
            check(Arrays.equals(most, handle.zk.getData(root + "/n", false, null)), "other bytes came back");
            refused(Code.CONNECTIONLOSS, () -> handle.zk.setData(root + "/n", new byte[most.length + 1], -1));
            handle.state(KeeperState.SyncConnected);
            checkEquals(1, handle.zk.exists(root + "/n", false).getVersion());
            String children = root + "/children";
            handle.zk.create(children, null, OPEN, CreateMode.PERSISTENT);
            List<Op> ops = new ArrayList<>();
            for (int i = 0; i < 5_000; i++) {
                ops.add(Op.create(children + "/a-name-that-is-not-short-" + i, null, OPEN, CreateMode.PERSISTENT));
            }
            handle.zk.multi(ops);
            checkEquals(5_000, handle.zk.getChildren(children, false).size());
        }
    }

    private static void extended(String root) throws Exception {
        try (Handle handle = new Handle(ClientTour.servers)) {
            Stat stat = new Stat();
            handle.zk.create(root + "/box", null, OPEN, CreateMode.CONTAINER, stat);
            checkEquals(0L, stat.getEphemeralOwner());
            refused(Code.UNIMPLEMENTED, () ->
                handle.zk.create(root + "/ttl", null, OPEN, CreateMode.PERSISTENT_WITH_TTL, new Stat(), 1_000));
            check(handle.zk.exists(root + "/ttl", false) == null, "the handle is still connected");
        }
    }
}
