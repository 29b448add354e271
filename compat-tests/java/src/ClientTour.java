import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.data.Stat;

/**
 * What applications do, with the official client: each stop of the tour below a node of its own, checked as it goes.
 * Prints "ok NAME" or "FAILED NAME: why" for each, and exits with 1 when one failed.
 *
 * Arguments: connect string; the node to work below, created when absent; names of stops, all when none is named.
 */
public final class ClientTour {
    private static final List<ACL> OPEN = Ids.OPEN_ACL_UNSAFE;
    private static final int WAIT_MS = 20_000;

    private interface Step {
        void run() throws Exception;
    }

    private interface Stop {
        void run(String root) throws Exception;
    }

    private static String servers;
    private static final Map<String, Stop> STOPS = new LinkedHashMap<>();

    public static void main(String[] args) throws Exception {
        servers = args[0];
        stops();
        try (Handle handle = new Handle(servers)) {
            if (handle.zk.exists(args[1], false) == null) {
                handle.zk.create(args[1], null, OPEN, CreateMode.PERSISTENT);
            }
        }
        List<String> names = args.length > 2 ? Arrays.asList(args).subList(2, args.length) : new ArrayList<>(STOPS.keySet());
        boolean failed = false;
        for (String name : names) {
            String root = args[1] + "/" + name;
            try (Handle handle = new Handle(servers)) {
                handle.zk.create(root, null, OPEN, CreateMode.PERSISTENT);
            }
            try {
                STOPS.get(name).run(root);
                System.out.println("ok " + name);
            } catch (Throwable error) {
                failed = true;
                StackTraceElement at = Arrays.stream(error.getStackTrace())
                    .filter(frame -> frame.getFileName() != null && frame.getFileName().startsWith("ClientTour"))
                    .filter(frame -> !frame.getMethodName().startsWith("check")).findFirst().orElse(null);
                System.out.println("FAILED " + name + ": " + error + " at " + at);
            }
        }
        System.out.flush();
        Runtime.getRuntime().halt(failed ? 1 : 0);
    }

    private static void stops() {
        STOPS.put("nodes", ClientTour::nodes);
        STOPS.put("data", ClientTour::data);
        STOPS.put("sequences", ClientTour::sequences);
        STOPS.put("refusals", ClientTour::refusals);
        STOPS.put("transactions", ClientTour::transactions);
        STOPS.put("failedTransactions", ClientTour::failedTransactions);
        STOPS.put("ephemerals", ClientTour::ephemerals);
        STOPS.put("watches", ClientTour::watches);
        STOPS.put("watchesAgain", ClientTour::watchesAgain);
        STOPS.put("persistentWatches", ClientTour::persistentWatches);
        STOPS.put("resume", ClientTour::resume);
        STOPS.put("expiry", ClientTour::expiry);
        STOPS.put("timeouts", ClientTour::timeouts);
        STOPS.put("acls", ClientTour::acls);
        STOPS.put("authFailure", ClientTour::authFailure);
        STOPS.put("sync", ClientTour::sync);
        STOPS.put("pipeline", ClientTour::pipeline);
        STOPS.put("large", ClientTour::large);
        STOPS.put("extended", ClientTour::extended);
    }

    private static void nodes(String root) throws Exception {
        try (Handle handle = new Handle(servers)) {
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
        try (Handle handle = new Handle(servers)) {
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
        try (Handle handle = new Handle(servers)) {
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
        try (Handle handle = new Handle(servers)) {
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
        try (Handle handle = new Handle(servers)) {
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
        try (Handle handle = new Handle(servers)) {
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

    private static void ephemerals(String root) throws Exception {
        try (Handle watching = new Handle(servers)) {
            try (Handle handle = new Handle(servers)) {
                handle.zk.create(root + "/e", null, OPEN, CreateMode.EPHEMERAL);
                handle.zk.create(root + "/f", null, OPEN, CreateMode.EPHEMERAL);
                checkEquals(handle.zk.getSessionId(), handle.zk.exists(root + "/e", false).getEphemeralOwner());
                checkEquals(2, handle.zk.getEphemerals(root).size());
                watching.caughtUp();
                check(watching.zk.exists(root + "/e", watching) != null, "others see it");
                watching.zk.getChildren(root, watching);
            }
            Map<EventType, String> seen = new LinkedHashMap<>();
            for (int i = 0; i < 2; i++) {
                WatchedEvent event = watching.next();
                seen.put(event.getType(), event.getPath());
            }
            checkEquals(root + "/e", seen.get(EventType.NodeDeleted));
            checkEquals(root, seen.get(EventType.NodeChildrenChanged));
            watching.caughtUp();
            checkEquals(0, watching.zk.getChildren(root, false).size());
        }
    }

    private static void watches(String root) throws Exception {
        try (Handle watching = new Handle(servers); Handle changing = new Handle(servers)) {
            ZooKeeper zk = watching.zk;
            check(zk.exists(root + "/a", watching) == null, "not yet");
            zk.getChildren(root, watching);
            Stat stat = new Stat();
            changing.zk.create(root + "/a", null, OPEN, CreateMode.PERSISTENT, stat);
            checkEvent(watching.next(), EventType.NodeCreated, root + "/a", stat.getCzxid());
            checkEvent(watching.next(), EventType.NodeChildrenChanged, root, stat.getCzxid());
            zk.getData(root + "/a", watching, null);
            changing.zk.setData(root + "/a", bytes("1"), -1);
            changing.zk.setData(root + "/a", bytes("2"), -1);
            checkEquals(EventType.NodeDataChanged, watching.next().getType());
            watching.caughtUp();
            checkEquals(null, watching.events.poll());
            zk.getData(root + "/a", watching, null);
            zk.exists(root + "/a", watching);
            zk.getChildren(root + "/a", watching);
            changing.zk.delete(root + "/a", -1);
            checkEquals(EventType.NodeDeleted, watching.next().getType());
            watching.caughtUp();
            checkEquals(null, watching.events.poll());
            // A client that changes what it watches hears of the change before it has the reply.
            AtomicInteger order = new AtomicInteger();
            AtomicInteger atEvent = new AtomicInteger();
            AtomicInteger atReply = new AtomicInteger();
            CountDownLatch replied = new CountDownLatch(1);
            zk.exists(root + "/b", event -> atEvent.set(order.incrementAndGet()));
            zk.create(root + "/b", null, OPEN, CreateMode.PERSISTENT, (rc, path, context, name) -> {
                atReply.set(order.incrementAndGet());
                replied.countDown();
            }, null);
            check(replied.await(WAIT_MS, TimeUnit.MILLISECONDS), "no reply");
            checkEquals(1, atEvent.get());
            checkEquals(2, atReply.get());
        }
    }

    /** setWatches after a reconnect: what changed meanwhile is told, what did not is watched again. */
    private static void watchesAgain(String root) throws Exception {
        try (Relay relay = new Relay(servers); Handle watching = new Handle(relay.address()); Handle changing = new Handle(servers)) {
            for (String name : new String[] {"data", "gone", "same", "parent"}) {
                watching.zk.create(root + "/" + name, null, OPEN, CreateMode.PERSISTENT);
            }
            for (String name : new String[] {"data", "gone", "same"}) {
                watching.zk.getData(root + "/" + name, watching, null);
            }
            watching.zk.exists(root + "/born", watching);
            watching.zk.exists(root + "/unborn", watching);
            watching.zk.getChildren(root + "/parent", watching);
            watching.zk.addWatch(root + "/recursive", watching, AddWatchMode.PERSISTENT_RECURSIVE);
            relay.cut();
            watching.state(KeeperState.Disconnected);
            changing.zk.setData(root + "/data", bytes("1"), -1);
            changing.zk.delete(root + "/gone", -1);
            changing.zk.create(root + "/born", null, OPEN, CreateMode.PERSISTENT);
            changing.zk.create(root + "/parent/child", null, OPEN, CreateMode.PERSISTENT);
            relay.mend();
            watching.state(KeeperState.SyncConnected);
            Map<String, EventType> seen = new LinkedHashMap<>();
            for (int i = 0; i < 4; i++) {
                WatchedEvent event = watching.next();
                seen.put(event.getPath().substring(root.length() + 1), event.getType());
                checkEquals(-1L, event.getZxid());
            }
            checkEquals(EventType.NodeDataChanged, seen.get("data"));
            checkEquals(EventType.NodeDeleted, seen.get("gone"));
            checkEquals(EventType.NodeCreated, seen.get("born"));
            checkEquals(EventType.NodeChildrenChanged, seen.get("parent"));
            changing.zk.setData(root + "/same", bytes("1"), -1);
            checkEquals(EventType.NodeDataChanged, watching.next().getType());
            changing.zk.create(root + "/unborn", null, OPEN, CreateMode.PERSISTENT);
            checkEquals(root + "/unborn", watching.next().getPath());
            changing.zk.create(root + "/recursive", null, OPEN, CreateMode.PERSISTENT);
            changing.zk.create(root + "/recursive/child", null, OPEN, CreateMode.PERSISTENT);
            checkEquals(root + "/recursive", watching.next().getPath());
            checkEquals(root + "/recursive/child", watching.next().getPath());
        }
    }

    private static void persistentWatches(String root) throws Exception {
        try (Handle handle = new Handle(servers)) {
            ZooKeeper zk = handle.zk;
            Handle plain = handle;
            BlockingQueue<WatchedEvent> below = new LinkedBlockingQueue<>();
            Watcher recursive = below::add;
            zk.addWatch(root, plain, AddWatchMode.PERSISTENT);
            zk.addWatch(root, recursive, AddWatchMode.PERSISTENT_RECURSIVE);
            zk.create(root + "/x", null, OPEN, CreateMode.PERSISTENT);
            zk.setData(root + "/x", bytes("1"), -1);
            zk.create(root + "/x/y", null, OPEN, CreateMode.PERSISTENT);
            zk.delete(root + "/x/y", -1);
            zk.setData(root, bytes("1"), -1);
            zk.setData(root, bytes("2"), -1);
            List<String> told = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                WatchedEvent event = below.poll(WAIT_MS, TimeUnit.MILLISECONDS);
                told.add(event.getType() + " " + event.getPath().substring(root.length()));
            }
            checkEquals(Arrays.asList("NodeCreated /x", "NodeDataChanged /x", "NodeCreated /x/y", "NodeDeleted /x/y",
                "NodeDataChanged ", "NodeDataChanged "), told);
            checkEquals(EventType.NodeChildrenChanged, plain.next().getType());
            checkEquals(EventType.NodeDataChanged, plain.next().getType());
            checkEquals(EventType.NodeDataChanged, plain.next().getType());
            zk.removeWatches(root, recursive, Watcher.WatcherType.Any, false);
            checkEquals(EventType.PersistentWatchRemoved, below.poll(WAIT_MS, TimeUnit.MILLISECONDS).getType());
            zk.removeAllWatches(root, Watcher.WatcherType.Any, false);
            zk.setData(root, bytes("3"), -1);
            handle.caughtUp();
            checkEquals(null, below.poll());
        }
    }

    private static void resume(String root) throws Exception {
        try (Relay relay = new Relay(servers); Handle first = new Handle(relay.address())) {
            first.zk.create(root + "/e", null, OPEN, CreateMode.EPHEMERAL);
            long id = first.zk.getSessionId();
            byte[] password = first.zk.getSessionPasswd();
            relay.cut();
            first.state(KeeperState.Disconnected);
            try (Handle second = new Handle(servers, id, password)) {
                checkEquals(id, second.zk.getSessionId());
                checkEquals(id, second.zk.exists(root + "/e", false).getEphemeralOwner());
                byte[] wrong = password.clone();
                wrong[3] ^= 1;
                BlockingQueue<KeeperState> states = new LinkedBlockingQueue<>();
                ZooKeeper thief = new ZooKeeper(servers, 10_000, event -> states.add(event.getState()), id, wrong);
                checkEquals(KeeperState.Expired, states.poll(WAIT_MS, TimeUnit.MILLISECONDS));
                thief.close();
                // 3.9.5 cuts the owner's connection before it looks at the stranger's password; the session survives it.
                again(() -> second.zk.setData(root + "/e", bytes("still mine"), -1));
            }
            try (Handle after = new Handle(servers)) {
                check(after.zk.exists(root + "/e", false) == null, "a closed session left its node");
            }
        }
    }

    private static void expiry(String root) throws Exception {
        try (Relay relay = new Relay(servers); Handle dying = new Handle(relay.address(), 2_000); Handle watching = new Handle(servers)) {
            dying.zk.create(root + "/e", null, OPEN, CreateMode.EPHEMERAL);
            int timeout = dying.zk.getSessionTimeout();
            watching.caughtUp();
            check(watching.zk.exists(root + "/e", watching) != null, "it is there");
            long cut = System.nanoTime();
            relay.cut();
            checkEvent(watching.next(), EventType.NodeDeleted, root + "/e", null);
            long tookMs = (System.nanoTime() - cut) / 1_000_000;
            // The last touch may have been a ping a third of the time-out before the cut.
            check(tookMs > timeout / 3 && tookMs < timeout + 10_000, "expired after " + tookMs + " ms of " + timeout);
            relay.mend();
            dying.state(KeeperState.Expired);
            refused(Code.SESSIONEXPIRED, () -> dying.zk.exists(root, false));
        }
    }

    private static void timeouts(String root) throws Exception {
        try (Handle least = new Handle(servers, 500); Handle most = new Handle(servers, 3_600_000); Handle asked = new Handle(servers, 5_000)) {
            checkEquals(least.zk.getSessionTimeout() * 10, most.zk.getSessionTimeout());
            checkEquals(5_000, asked.zk.getSessionTimeout());
        }
    }

    private static void acls(String root) throws Exception {
        try (Handle mine = new Handle(servers); Handle other = new Handle(servers)) {
            refused(Code.INVALIDACL, () -> mine.zk.create(root + "/n", null, Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT));
            mine.zk.addAuthInfo("digest", bytes("user:secret"));
            mine.zk.create(root + "/n", bytes("n"), Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT);
            checkEquals("digest", mine.zk.getACL(root + "/n", null).get(0).getId().getScheme());
            other.caughtUp();
            refused(Code.NOAUTH, () -> other.zk.getData(root + "/n", false, null));
            refused(Code.NOAUTH, () -> other.zk.exists(root + "/n", false));
            refused(Code.NOAUTH, () -> other.zk.setData(root + "/n", null, -1));
            refused(Code.NOAUTH, () -> other.zk.create(root + "/n/c", null, OPEN, CreateMode.PERSISTENT));
            refused(Code.NOAUTH, () -> other.zk.getACL(root + "/n", null));
            other.zk.addAuthInfo("digest", bytes("user:wrong"));
            refused(Code.NOAUTH, () -> other.zk.getData(root + "/n", false, null));
            other.zk.addAuthInfo("digest", bytes("user:secret"));
            checkEquals("n", text(other.zk.getData(root + "/n", false, null)));
            List<ACL> readable = Arrays.asList(new ACL(Perms.ALL, new Id("auth", "")), new ACL(Perms.READ, new Id("ip", "127.0.0.0/8")));
            checkEquals(1, mine.zk.setACL(root + "/n", readable, 0).getAversion());
            try (Handle third = new Handle(servers)) {
                third.caughtUp();
                checkEquals("n", text(third.zk.getData(root + "/n", false, null)));
                refused(Code.NOAUTH, () -> third.zk.setData(root + "/n", null, -1));
                checkEquals("user:x", third.zk.getACL(root + "/n", null).get(0).getId().getId());
                check(third.zk.exists(root + "/closed", third) == null, "not yet");
                mine.zk.create(root + "/closed", null, Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT);
                third.caughtUp();
                checkEquals(null, third.events.poll());
            }
        }
    }

    private static void authFailure(String root) throws Exception {
        try (Handle handle = new Handle(servers)) {
            handle.zk.addAuthInfo("nobody", bytes("x"));
            handle.state(KeeperState.AuthFailed);
            refused(Code.AUTHFAILED, () -> handle.zk.exists(root, false));
        }
    }

    private static void sync(String root) throws Exception {
        try (Handle one = new Handle(servers); Handle two = new Handle(servers)) {
            one.zk.create(root + "/n", bytes("0"), OPEN, CreateMode.PERSISTENT);
            for (int i = 1; i <= 50; i++) {
                one.zk.setData(root + "/n", bytes("" + i), -1);
                two.caughtUp();
                checkEquals("" + i, text(two.zk.getData(root + "/n", false, null)));
            }
        }
    }

    /** 10,000 creates, each followed by an exists, without waiting: every node is found, every reply in its turn. */
    private static void pipeline(String root) throws Exception {
        int count = 10_000;
        try (Handle handle = new Handle(servers)) {
            AtomicInteger replies = new AtomicInteger();
            AtomicReference<String> wrong = new AtomicReference<>();
            CountDownLatch done = new CountDownLatch(2 * count);
            for (int i = 0; i < count; i++) {
                String path = root + "/" + i;
                int place = 2 * i;
                handle.zk.create(path, bytes("x"), OPEN, CreateMode.PERSISTENT, (rc, asked, context, name) ->
                    reply(rc, path.equals(name), place, replies, wrong, done), null);
                handle.zk.exists(path, false, (rc, asked, context, stat) ->
                    reply(rc, stat != null, place + 1, replies, wrong, done), null);
            }
            check(done.await(120, TimeUnit.SECONDS), "after two minutes " + done.getCount() + " replies are missing");
            checkEquals(null, wrong.get());
            checkEquals(count, handle.zk.getAllChildrenNumber(root));
        }
    }

    private static void reply(
        int rc, boolean right, int place, AtomicInteger replies, AtomicReference<String> wrong, CountDownLatch done) {
        int turn = replies.getAndIncrement();
        if (rc != 0 || !right || turn != place) {
            wrong.compareAndSet(null, "request " + place + ": reply " + turn + ", code " + rc + ", as awaited: " + right);
        }
        done.countDown();
    }

    /** The largest that fits into a frame, and one byte more. The client's own limit must be higher: -Djute.maxbuffer. */
    private static void large(String root) throws Exception {
        try (Handle handle = new Handle(servers)) {
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
        try (Handle handle = new Handle(servers)) {
            Stat stat = new Stat();
            handle.zk.create(root + "/box", null, OPEN, CreateMode.CONTAINER, stat);
            checkEquals(0L, stat.getEphemeralOwner());
            refused(Code.UNIMPLEMENTED, () ->
                handle.zk.create(root + "/ttl", null, OPEN, CreateMode.PERSISTENT_WITH_TTL, new Stat(), 1_000));
            check(handle.zk.exists(root + "/ttl", false) == null, "the handle is still connected");
        }
    }

    private static void refused(Code code, Step step) throws Exception {
        try {
            step.run();
        } catch (KeeperException refusal) {
            checkEquals(code, refusal.code());
            return;
        }
        throw new IllegalStateException("was not refused with " + code);
    }

    /** Tries a step until the handle is connected again. */
    private static void again(Step step) throws Exception {
        for (int left = 50; ; left--) {
            try {
                step.run();
                return;
            } catch (KeeperException.ConnectionLossException lost) {
                check(left > 0, "never connected again");
                Thread.sleep(100);
            }
        }
    }

    private static void checkEvent(WatchedEvent event, EventType type, String path, Long zxid) {
        checkEquals(type, event.getType());
        checkEquals(path, event.getPath());
        if (zxid != null) {
            checkEquals(zxid, event.getZxid());
        }
    }

    private static void checkEquals(Object expected, Object found) {
        boolean equal = expected == null ? found == null : expected.equals(found);
        if (!equal) {
            throw new IllegalStateException("expected " + expected + ", found " + found);
        }
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** A client that is connected, with what it was told: its states, and the events of the watches it was given for. */
    private static final class Handle implements Watcher, AutoCloseable {
        final ZooKeeper zk;
        final BlockingQueue<WatchedEvent> events = new LinkedBlockingQueue<>();
        private final BlockingQueue<KeeperState> states;

        Handle(String servers) throws Exception {
            this(servers, 10_000);
        }

        Handle(String servers, int timeoutMs) throws Exception {
            states = new LinkedBlockingQueue<>();
            zk = new ZooKeeper(servers, timeoutMs, event -> states.add(event.getState()));
            state(KeeperState.SyncConnected);
        }

        Handle(String servers, long id, byte[] password) throws Exception {
            states = new LinkedBlockingQueue<>();
            zk = new ZooKeeper(servers, 10_000, event -> states.add(event.getState()), id, password);
            state(KeeperState.SyncConnected);
        }

        @Override
        public void process(WatchedEvent event) {
            if (event.getType() != EventType.None) {
                events.add(event);
            }
        }

        WatchedEvent next() throws Exception {
            WatchedEvent event = events.poll(WAIT_MS, TimeUnit.MILLISECONDS);
            check(event != null, "no event came");
            return event;
        }

        /** Until the handle is told of this state. */
        void state(KeeperState wanted) throws Exception {
            for (;;) {
                KeeperState state = states.poll(WAIT_MS, TimeUnit.MILLISECONDS);
                check(state != null, "never " + wanted);
                if (state == wanted) {
                    return;
                }
            }
        }

        /** Everything that was written before is visible through this handle, and its events have come. */
        void caughtUp() throws Exception {
            AtomicInteger code = new AtomicInteger(1);
            CountDownLatch done = new CountDownLatch(1);
            zk.sync("/", (rc, path, context) -> {
                code.set(rc);
                done.countDown();
            }, null);
            check(done.await(WAIT_MS, TimeUnit.MILLISECONDS), "no reply to sync");
            checkEquals(0, code.get());
        }

        @Override
        public void close() throws Exception {
            zk.close();
        }
    }
}
