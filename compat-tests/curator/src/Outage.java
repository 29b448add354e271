import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.curator.RetryPolicy;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.nodes.PersistentNode;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.retry.BoundedExponentialBackoffRetry;
import org.apache.curator.retry.ExponentialBackoffRetry;
import org.apache.curator.retry.RetryForever;
import org.apache.curator.retry.RetryNTimes;
import org.apache.curator.retry.RetryOneTime;
import org.apache.curator.retry.RetryUntilElapsed;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;

/**
 * Recipes while servers go down and come up, which whoever reads our output has to do: it ends a server at "down PORT" (the one a client
 * of ours is connected to; every client's, when only one is named in the connect string) and starts it again at "up". Prints "ok" when all held.
 *
 * Arguments: connect string; the node to work below.
 */
public final class Outage {
    private static final Pattern SERVER = Pattern.compile("remoteserver:\\S*:(\\d+)");

    public static void main(String[] args) throws Exception {
        boolean alone = !args[0].contains(",");
        Place place = new Place(args[0], args[1]);
        // After a failure nothing is closed: while its server is down a client that retries for ever takes as long for that.
        try {
            shortOutage(place);
            if (alone) {
                longOutage(place);
            }
            place.close();
            System.out.println("ok");
        } catch (Throwable error) {
            System.out.println("fail: " + Place.why(error));
        }
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }

    /** Shorter than a session's timeout: sessions, and all that stands on them, last. */
    private static void shortOutage(Place place) throws Exception {
        CuratorFramework client = place.client();
        CuratorFramework other = place.client();
        BlockingQueue<ConnectionState> states = Sessions.statesOf(client);
        InterProcessMutex held = new InterProcessMutex(client, place.root + "/lock");
        held.acquire();
        InterProcessMutex wanted = new InterProcessMutex(other, place.root + "/lock");
        Future<Boolean> waiting = place.elsewhere(() -> wanted.acquire(2 * Place.WAIT_MS, TimeUnit.MILLISECONDS));
        CuratorCache cache = place.keep(CuratorCache.build(client, place.root + "/cached"));
        cache.start();
        LeaderLatch latch = place.keep(new LeaderLatch(client, place.root + "/latch", "first"));
        latch.start();
        Place.check(latch.await(Place.WAIT_MS, TimeUnit.MILLISECONDS), "does not lead");
        PersistentNode node = place.keep(new PersistentNode(client, CreateMode.EPHEMERAL, false, place.root + "/node", new byte[0]));
        node.start();
        Place.check(node.waitForInitialCreate(Place.WAIT_MS, TimeUnit.MILLISECONDS), "never made");
        long session = client.getZookeeperClient().getZooKeeper().getSessionId();
        Place.until("two want the lock", () -> held.getParticipantNodes().size() == 2);

        System.out.println("down " + serverOf(client));
        Place.checkEquals(ConnectionState.SUSPENDED, Place.next(states));
        // Begun while nothing answers; carried out when something does.
        Future<String> retried = place.elsewhere(() -> client.create().creatingParentsIfNeeded().forPath(place.root + "/cached/made", "x".getBytes()));
        System.out.println("up");
        Place.checkEquals(ConnectionState.RECONNECTED, Place.next(states));

        Place.checkEquals(place.root + "/cached/made", Place.done(retried));
        Place.checkEquals(session, client.getZookeeperClient().getZooKeeper().getSessionId());
        Place.until("the cache has it", () -> cache.get(place.root + "/cached/made").isPresent());
        Place.until("leads again", latch::hasLeadership);
        Place.checkEquals(session, other.checkExists().forPath(node.getActualPath()).getEphemeralOwner());
        Place.check(!waiting.isDone(), "a lock that is held was given");
        held.release();
        Place.checkEquals(true, waiting.get(2 * Place.WAIT_MS, TimeUnit.MILLISECONDS));
    }

    /** So long that the client takes its session for lost; and what each retry policy makes of a server that is not there. */
    private static void longOutage(Place place) throws Exception {
        CuratorFramework client = place.keep(start(place, new RetryForever(50)));
        BlockingQueue<ConnectionState> states = Sessions.statesOf(client);
        PersistentNode node = place.keep(new PersistentNode(client, CreateMode.EPHEMERAL, false, place.root + "/long", new byte[0]));
        node.start();
        Place.check(node.waitForInitialCreate(Place.WAIT_MS, TimeUnit.MILLISECONDS), "never made");
        LeaderLatch latch = place.keep(new LeaderLatch(client, place.root + "/longLatch", "first"));
        latch.start();
        Place.check(latch.await(Place.WAIT_MS, TimeUnit.MILLISECONDS), "does not lead");
        CuratorFramework[] giveUp = {start(place, new RetryOneTime(10)), start(place, new RetryNTimes(2, 10)),
            start(place, new RetryUntilElapsed(100, 10)), start(place, new ExponentialBackoffRetry(10, 2)),
            start(place, new BoundedExponentialBackoffRetry(10, 20, 2))};

        System.out.println("down " + serverOf(client));
        Place.checkEquals(ConnectionState.SUSPENDED, Place.next(states));
        for (CuratorFramework one : giveUp) {
            refusedByNobody(one, place.root);
        }
        Place.checkEquals(ConnectionState.LOST, Place.next(states));
        Place.check(!latch.hasLeadership(), "leads without a session");
        Future<Object> patient = place.elsewhere(() -> client.checkExists().forPath(place.root));
        System.out.println("up");
        Place.checkEquals(ConnectionState.RECONNECTED, Place.next(states));
        Place.check(Place.done(patient) != null, "what was there is there");
        for (CuratorFramework one : giveUp) {
            Place.until("it answers again", () -> {
                try {
                    return one.checkExists().forPath(place.root) != null;
                } catch (KeeperException.ConnectionLossException | KeeperException.SessionExpiredException still) {
                    return false;
                }
            });
        }
        Place.until("leads again", latch::hasLeadership);
        CuratorFramework reader = place.client();
        Place.until("the node is the session's", () -> {
            org.apache.zookeeper.data.Stat stat = reader.checkExists().forPath(place.root + "/long");
            return stat != null && stat.getEphemeralOwner() == client.getZookeeperClient().getZooKeeper().getSessionId();
        });
    }

    /** Curator ends a session itself once nobody has answered for as long as it lasts; what is asked in that moment is told so. */
    private static void refusedByNobody(CuratorFramework client, String path) throws Exception {
        KeeperException why = Place.refused(KeeperException.class, () -> client.checkExists().forPath(path));
        boolean expected = why instanceof KeeperException.ConnectionLossException || why instanceof KeeperException.SessionExpiredException;
        Place.check(expected, "refused by " + why);
    }

    private static CuratorFramework start(Place place, RetryPolicy policy) throws Exception {
        CuratorFramework client = place.keep(CuratorFrameworkFactory.builder().connectString(place.servers())
            .sessionTimeoutMs(4_000).connectionTimeoutMs(1_000).retryPolicy(policy).build());
        client.start();
        Place.check(client.blockUntilConnected(Place.WAIT_MS, TimeUnit.MILLISECONDS), "never connected");
        return client;
    }

    private static String serverOf(CuratorFramework client) throws Exception {
        Matcher found = SERVER.matcher(client.getZookeeperClient().getZooKeeper().toString());
        Place.check(found.find(), "no server in " + client.getZookeeperClient().getZooKeeper());
        return found.group(1);
    }
}
