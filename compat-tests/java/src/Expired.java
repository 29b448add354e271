import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;

/**
 * A session of 30 s with an ephemeral node waits until somebody lets it expire, and then checks what a client sees of that, itself and
 * in its next session.
 *
 * Arguments: connect string; path of the ephemeral node.
 */
public final class Expired {
    private static final int WAIT_MS = 60_000;

    public static void main(String[] args) throws Exception {
        BlockingQueue<KeeperState> states = new LinkedBlockingQueue<>();
        ZooKeeper zk = new ZooKeeper(args[0], 30_000, event -> states.add(event.getState()));
        await(states, KeeperState.SyncConnected);
        check(zk.getSessionTimeout() == 30_000, "time-out " + zk.getSessionTimeout());
        zk.create(args[1], null, Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
        await(states, KeeperState.Expired);
        try {
            zk.exists(args[1], false);
            throw new IllegalStateException("an expired session was served");
        } catch (KeeperException.SessionExpiredException e) {
            System.out.println("expired");
        }
        ZooKeeper next = new ZooKeeper(args[0], 30_000, event -> states.add(event.getState()));
        await(states, KeeperState.SyncConnected);
        next.sync("/", (rc, path, context) -> { }, null);
        check(next.exists(args[1], false) == null, "the ephemeral node is still there");
        next.close();
        zk.close();
    }

    /** Reads states until this one comes. */
    private static void await(BlockingQueue<KeeperState> states, KeeperState wanted) throws InterruptedException {
        for (KeeperState state = null; state != wanted; ) {
            state = states.poll(WAIT_MS, TimeUnit.MILLISECONDS);
            check(state != null, "no " + wanted);
        }
    }

    private static void check(boolean holds, String what) {
        if (!holds) {
            throw new IllegalStateException(what);
        }
    }
}
