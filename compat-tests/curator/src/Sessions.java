import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooKeeper;

/** A session that the server ends while its client lives: another client opens the same session and closes it. */
final class Sessions {
    private Sessions() {}

    static void addTo(Map<String, Place.Check> checks) {
        checks.put("sessionLost", Sessions::sessionLost);
        checks.put("mutexOfLostSession", Sessions::mutexOfLostSession);
        checks.put("leaderLatchOfLostSession", Sessions::leaderLatchOfLostSession);
    }

    static void endSession(Place place, CuratorFramework client) throws Exception {
        ZooKeeper own = client.getZookeeperClient().getZooKeeper();
        CountDownLatch connected = new CountDownLatch(1);
        ZooKeeper twin = new ZooKeeper(place.servers(), 10_000, event -> {
            if (event.getState() == KeeperState.SyncConnected) {
                connected.countDown();
            }
        }, own.getSessionId(), own.getSessionPasswd());
        Place.check(connected.await(Place.WAIT_MS, TimeUnit.MILLISECONDS), "the session's twin never connected");
        twin.close();
    }

    /** From now on; that it was connected may be told only now. */
    static BlockingQueue<ConnectionState> statesOf(CuratorFramework client) {
        BlockingQueue<ConnectionState> states = new LinkedBlockingQueue<>();
        client.getConnectionStateListenable().addListener((from, state) -> {
            if (state != ConnectionState.CONNECTED) {
                states.add(state);
            }
        });
        return states;
    }

    private static void sessionLost(Place place) throws Exception {
        CuratorFramework client = place.client();
        BlockingQueue<ConnectionState> states = statesOf(client);
        client.create().creatingParentsIfNeeded().withMode(CreateMode.EPHEMERAL).forPath(place.root);
        long before = client.getZookeeperClient().getZooKeeper().getSessionId();
        endSession(place, client);
        Place.checkEquals(ConnectionState.SUSPENDED, Place.next(states));
        Place.checkEquals(ConnectionState.LOST, Place.next(states));
        Place.checkEquals(ConnectionState.RECONNECTED, Place.next(states));
        Place.check(client.getZookeeperClient().getZooKeeper().getSessionId() != before, "the same session");
        Place.checkEquals(null, client.checkExists().forPath(place.root));
    }

    private static void mutexOfLostSession(Place place) throws Exception {
        CuratorFramework client = place.client();
        InterProcessMutex mine = new InterProcessMutex(client, place.root);
        InterProcessMutex theirs = new InterProcessMutex(place.client(), place.root);
        mine.acquire();
        endSession(place, client);
        Place.check(theirs.acquire(Place.WAIT_MS, TimeUnit.MILLISECONDS), "a lock of no session");
    }

    private static void leaderLatchOfLostSession(Place place) throws Exception {
        CuratorFramework client = place.client();
        LeaderLatch first = place.keep(new LeaderLatch(client, place.root, "first"));
        first.start();
        Place.check(first.await(Place.WAIT_MS, TimeUnit.MILLISECONDS), "the first does not lead");
        LeaderLatch second = place.keep(new LeaderLatch(place.client(), place.root, "second"));
        second.start();
        Place.until("two take part", () -> first.getParticipants().size() == 2);
        endSession(place, client);
        Place.check(second.await(Place.WAIT_MS, TimeUnit.MILLISECONDS), "the second does not lead");
        Place.until("the first is behind", () -> !first.hasLeadership() && first.getParticipants().size() == 2);
    }
}
