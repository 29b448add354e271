import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/**
 * One official client that stays while servers come and go: after each it must be in the same session, with its ephemeral node, its
 * logins and its watches. Writes /tenant/moves after each move, so that others see how far it is.
 *
 * Arguments: connect string; how many moves to stay for.
 */
public final class Tenant {
    private static final int WAIT_MS = 60_000;

    private interface Call<T> {
        T run() throws Exception;
    }

    public static void main(String[] args) throws Exception {
        int moves = Integer.parseInt(args[1]);
        BlockingQueue<KeeperState> states = new LinkedBlockingQueue<>();
        BlockingQueue<WatchedEvent> events = new LinkedBlockingQueue<>();
        Watcher watcher = event -> {
            if (event.getType() != EventType.None) {
                events.add(event);
            }
        };
        ZooKeeper zk = new ZooKeeper(args[0], 600_000, event -> states.add(event.getState()));
        await(states, KeeperState.SyncConnected);
        long session = zk.getSessionId();
        zk.addAuthInfo("digest", "tenant:key".getBytes(StandardCharsets.UTF_8));
        zk.create("/tenant", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        zk.create("/tenant/here", null, Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
        zk.create("/tenant/locked", "0".getBytes(StandardCharsets.UTF_8), Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT);
        zk.getData("/tenant/locked", watcher, null);
        zk.create("/tenant/moves", "0".getBytes(StandardCharsets.UTF_8), Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        for (int move = 1; move <= moves; move++) {
            await(states, KeeperState.Disconnected);
            await(states, KeeperState.SyncConnected);
            check(zk.getSessionId() == session, "another session");
            Stat here = again(() -> zk.exists("/tenant/here", false));
            check(here != null && here.getEphemeralOwner() == session, "the ephemeral node is gone");
            check(events.poll() == null, "an event of something that did not happen");
            String text = "" + move;
            again(() -> zk.setData("/tenant/locked", text.getBytes(StandardCharsets.UTF_8), -1));
            WatchedEvent event = events.poll(WAIT_MS, TimeUnit.MILLISECONDS);
            check(event != null && event.getType() == EventType.NodeDataChanged, "the watch is gone: " + event);
            String name = again(() -> zk.create("/tenant/q-", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_SEQUENTIAL));
            check(name.equals(String.format("/tenant/q-%010d", 2 + move)), "the sequence goes on with " + name);
            again(() -> zk.getData("/tenant/locked", watcher, null));
            // The next move may come as soon as this is written, before it is answered.
            again(() -> zk.setData("/tenant/moves", text.getBytes(StandardCharsets.UTF_8), -1));
        }
        zk.close();
        System.out.println("stayed for " + moves);
        Runtime.getRuntime().halt(0);
    }

    private static void await(BlockingQueue<KeeperState> states, KeeperState wanted) throws Exception {
        for (;;) {
            KeeperState state = states.poll(WAIT_MS, TimeUnit.MILLISECONDS);
            check(state != null, "never " + wanted);
            check(state != KeeperState.Expired, "the session is gone");
            if (state == wanted) {
                return;
            }
        }
    }

    /** A connection that was made just now may be the old server's last. */
    private static <T> T again(Call<T> call) throws Exception {
        for (int left = 100; ; left--) {
            try {
                return call.run();
            } catch (KeeperException.ConnectionLossException lost) {
                check(left > 0, "never connected again");
                Thread.sleep(100);
            }
        }
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            System.out.println("FAILED: " + otherwise);
            System.out.flush();
            Runtime.getRuntime().halt(1);
        }
    }

    private Tenant() { }
}
