import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
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
 * Sends one of everything with the official client, in a fixed order, from two sessions: the first closes and takes its ephemeral
 * nodes with it, the second is left open with one. Prints "drop" when its connections should be cut and waits until it is back.
 *
 * Arguments: connect string; "all", or "plain" where the server has no extended types.
 */
public final class Scripted {
    private static final List<ACL> OPEN = Ids.OPEN_ACL_UNSAFE;

    private interface Step {
        void run() throws Exception;
    }

    public static void main(String[] args) throws Exception {
        ZooKeeper one = connect(args[0], new CountDownLatch[1]);
        writes(one);
        multis(one);
        if (args[1].equals("all")) {
            extended(one);
        }
        failures(one);
        acls(one);
        reads(one);
        one.close();

        CountDownLatch[] back = new CountDownLatch[1];
        ZooKeeper two = connect(args[0], back);
        two.create("/stays", bytes("here"), OPEN, CreateMode.EPHEMERAL);
        watches(two);
        back[0] = new CountDownLatch(1);
        System.out.println("drop");
        back[0].await();
        two.setData("/a", bytes("after the move"), -1);
        two.create("/a/last", bytes("z"), OPEN, CreateMode.PERSISTENT);
        System.out.println("done");
        Runtime.getRuntime().halt(0);
    }

    private static void writes(ZooKeeper zk) throws Exception {
        zk.create("/a", bytes("one"), OPEN, CreateMode.PERSISTENT);
        Stat stat = new Stat();
        zk.create("/b", bytes("two"), OPEN, CreateMode.PERSISTENT, stat);
        zk.create("/null", null, OPEN, CreateMode.PERSISTENT);
        zk.create("/empty", new byte[0], OPEN, CreateMode.PERSISTENT);
        zk.create("/caf\u00e9-\u6f22", bytes("u"), OPEN, CreateMode.PERSISTENT);
        zk.create("/e", bytes("gone soon"), OPEN, CreateMode.EPHEMERAL);
        zk.create("/a/q-", bytes("0"), OPEN, CreateMode.PERSISTENT_SEQUENTIAL);
        zk.create("/a/q-", bytes("1"), OPEN, CreateMode.PERSISTENT_SEQUENTIAL, stat);
        zk.create("/a/eq-", bytes("2"), OPEN, CreateMode.EPHEMERAL_SEQUENTIAL);
        zk.create("/box", bytes("c"), OPEN, CreateMode.CONTAINER);
        zk.create("/box/in", bytes("d"), OPEN, CreateMode.PERSISTENT);
        zk.setData("/a", bytes("changed"), 0);
        zk.setData("/b", null, -1);
        zk.create("/dead", bytes("x"), OPEN, CreateMode.PERSISTENT);
        zk.delete("/dead", 0);
    }

    private static void multis(ZooKeeper zk) throws Exception {
        zk.multi(Arrays.asList(
            Op.check("/a", 1),
            Op.create("/m", bytes("m"), OPEN, CreateMode.PERSISTENT),
            Op.create("/m/e", bytes("e"), OPEN, CreateMode.EPHEMERAL),
            Op.create("/m/s-", bytes("s"), OPEN, CreateMode.PERSISTENT_SEQUENTIAL),
            Op.setData("/m", bytes("mm"), 0),
            Op.create("/m/t", bytes("t"), OPEN, CreateMode.PERSISTENT),
            Op.delete("/m/t", -1),
            Op.create("/m/box", bytes("b"), OPEN, CreateMode.CONTAINER)));
        refused(() -> zk.multi(Arrays.asList(
            Op.create("/never", bytes("n"), OPEN, CreateMode.PERSISTENT),
            Op.check("/a", 77),
            Op.delete("/a", -1))));
        zk.multi(Arrays.asList(Op.getData("/a"), Op.getChildren("/a"), Op.getData("/absent")));
        zk.multi(Collections.emptyList());
    }

    private static void extended(ZooKeeper zk) throws Exception {
        zk.create("/ttl", bytes("t"), OPEN, CreateMode.PERSISTENT_WITH_TTL, new Stat(), 3_600_000L);
        zk.create("/ttl-", bytes("t"), OPEN, CreateMode.PERSISTENT_SEQUENTIAL_WITH_TTL, new Stat(), 3_600_000L);
    }

    private static void failures(ZooKeeper zk) throws Exception {
        refused(() -> zk.create("/a", bytes(""), OPEN, CreateMode.PERSISTENT));
        refused(() -> zk.create("/no/parent", bytes(""), OPEN, CreateMode.PERSISTENT));
        refused(() -> zk.create("/e/child", bytes(""), OPEN, CreateMode.PERSISTENT));
        refused(() -> zk.delete("/a", -1));
        refused(() -> zk.delete("/b", 99));
        refused(() -> zk.delete("/absent", -1));
        refused(() -> zk.setData("/a", bytes("n"), 99));
        refused(() -> zk.getData("/absent", false, new Stat()));
        refused(() -> zk.getChildren("/absent", false));
        refused(() -> zk.create("/badacl", bytes(""), Arrays.asList(new ACL(31, new Id("nope", "x"))), CreateMode.PERSISTENT));
    }

    private static void acls(ZooKeeper zk) throws Exception {
        zk.addAuthInfo("digest", bytes("user:secret"));
        zk.create("/mine", bytes("m"), Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT);
        zk.getACL("/mine", new Stat());
        List<ACL> mixed = Arrays.asList(
            new ACL(Perms.ALL, new Id("auth", "")),
            new ACL(Perms.READ, new Id("ip", "127.0.0.0/8")),
            new ACL(Perms.READ | Perms.CREATE, Ids.ANYONE_ID_UNSAFE));
        zk.setACL("/mine", mixed, 0);
        zk.getACL("/mine", new Stat());
        zk.create("/readonly", bytes("r"), Ids.READ_ACL_UNSAFE, CreateMode.PERSISTENT);
        refused(() -> zk.setData("/readonly", bytes(""), -1));
        refused(() -> zk.setACL("/mine", OPEN, 9));
        zk.whoAmI();
    }

    private static void reads(ZooKeeper zk) throws Exception {
        zk.exists("/a", false);
        zk.exists("/absent", false);
        zk.getData("/a", false, new Stat());
        zk.getData("/null", false, new Stat());
        zk.getData("/empty", false, new Stat());
        zk.getChildren("/a", false);
        zk.getChildren("/a", false, new Stat());
        zk.getAllChildrenNumber("/");
        zk.getEphemerals("/");
        zk.sync("/", ignored(), null);
        zk.getConfig(false, new Stat());
    }

    private static void watches(ZooKeeper zk) throws Exception {
        Watcher quiet = event -> { };
        zk.exists("/w", quiet);
        zk.create("/w", bytes("w"), OPEN, CreateMode.PERSISTENT);
        zk.getData("/w", quiet, new Stat());
        zk.getChildren("/w", quiet);
        zk.setData("/w", bytes("ww"), -1);
        zk.create("/w/c", bytes("c"), OPEN, CreateMode.PERSISTENT);
        zk.getData("/w", quiet, new Stat());
        zk.getChildren("/w", quiet);
        zk.delete("/w/c", -1);
        zk.delete("/w", -1);
        zk.addWatch("/a", quiet, AddWatchMode.PERSISTENT);
        zk.addWatch("/b", quiet, AddWatchMode.PERSISTENT_RECURSIVE);
        zk.create("/b/c", bytes("c"), OPEN, CreateMode.PERSISTENT);
        zk.setData("/b/c", bytes("cc"), -1);
        zk.removeWatches("/b", quiet, Watcher.WatcherType.Any, false);
        zk.getData("/a", quiet, new Stat());
        zk.exists("/later", quiet);
        zk.getChildren("/a", quiet);
    }

    /** A step that the server must refuse. */
    private static void refused(Step step) throws Exception {
        try {
            step.run();
        } catch (KeeperException expected) {
            return;
        }
        throw new IllegalStateException("was not refused");
    }

    private static org.apache.zookeeper.AsyncCallback.VoidCallback ignored() {
        return (rc, path, context) -> { };
    }

    private static ZooKeeper connect(String servers, CountDownLatch[] back) throws Exception {
        back[0] = new CountDownLatch(1);
        ZooKeeper zk = new ZooKeeper(servers, 30_000, event -> {
            if (event.getType() == EventType.None && event.getState() == KeeperState.SyncConnected) {
                back[0].countDown();
            }
        });
        back[0].await();
        return zk;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private Scripted() { }
}
