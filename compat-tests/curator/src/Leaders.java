import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.leader.LeaderLatchListener;
import org.apache.curator.framework.recipes.leader.LeaderSelector;
import org.apache.curator.framework.recipes.leader.LeaderSelectorListenerAdapter;
import org.apache.curator.framework.recipes.leader.Participant;

/** Elections among clients. */
final class Leaders {
    private Leaders() {}

    static void addTo(Map<String, Place.Check> checks) {
        checks.put("leaderLatch", Leaders::leaderLatch);
        checks.put("leaderLatchOfClosedSession", Leaders::leaderLatchOfClosedSession);
        checks.put("leaderSelector", Leaders::leaderSelector);
        checks.put("leaderSelectorRequeued", Leaders::leaderSelectorRequeued);
    }

    private static LeaderLatch latch(Place place, CuratorFramework client, String id) throws Exception {
        LeaderLatch latch = new LeaderLatch(client, place.root, id);
        latch.start();
        return latch;
    }

    private static void leaderLatch(Place place) throws Exception {
        LeaderLatch first = latch(place, place.client(), "first");
        Place.check(first.await(Place.WAIT_MS, TimeUnit.MILLISECONDS), "the first does not lead");
        BlockingQueue<String> told = new LinkedBlockingQueue<>();
        LeaderLatch second = new LeaderLatch(place.client(), place.root, "second");
        second.addListener(listener(told));
        second.start();
        Place.until("two take part", () -> first.getParticipants().size() == 2);
        Place.checkEquals(new Participant("first", true), second.getLeader());
        Place.check(!second.hasLeadership(), "two leaders");
        LeaderLatch third = latch(place, place.client(), "third");
        first.close();
        Place.checkEquals("leads", Place.next(told));
        Place.until("the others know", () -> third.getLeader().getId().equals("second"));
        second.close(LeaderLatch.CloseMode.NOTIFY_LEADER);
        Place.checkEquals("follows", Place.next(told));
        Place.check(third.await(Place.WAIT_MS, TimeUnit.MILLISECONDS), "the third does not lead");
        third.close();
        Place.checkEquals(LeaderLatch.State.CLOSED, third.getState());
    }

    private static LeaderLatchListener listener(BlockingQueue<String> told) {
        return new LeaderLatchListener() {
            @Override
            public void isLeader() {
                told.add("leads");
            }

            @Override
            public void notLeader() {
                told.add("follows");
            }
        };
    }

    private static void leaderLatchOfClosedSession(Place place) throws Exception {
        CuratorFramework gone = place.client();
        LeaderLatch first = latch(place, gone, "first");
        Place.check(first.await(Place.WAIT_MS, TimeUnit.MILLISECONDS), "the first does not lead");
        LeaderLatch second = place.keep(latch(place, place.client(), "second"));
        gone.close();
        Place.check(second.await(Place.WAIT_MS, TimeUnit.MILLISECONDS), "the second does not lead");
        Place.checkEquals(1, second.getParticipants().size());
    }

    private static void leaderSelector(Place place) throws Exception {
        BlockingQueue<String> terms = new LinkedBlockingQueue<>();
        BlockingQueue<String> orders = new LinkedBlockingQueue<>();
        LeaderSelector first = place.keep(selector(place, "first", terms, orders));
        first.start();
        Place.checkEquals("first", Place.next(terms));
        LeaderSelector second = place.keep(selector(place, "second", terms, orders));
        second.start();
        Place.until("two take part", () -> first.getParticipants().size() == 2);
        Place.checkEquals("first", second.getLeader().getId());
        Place.check(first.hasLeadership() && !second.hasLeadership(), "the first leads alone");
        orders.add("go");
        Place.checkEquals("second", Place.next(terms));
        second.interruptLeadership();
        Place.until("the second gave up", () -> !second.hasLeadership());
        Place.check(first.requeue(), "not in the queue again");
        Place.checkEquals("first", Place.next(terms));
    }

    private static void leaderSelectorRequeued(Place place) throws Exception {
        BlockingQueue<String> terms = new LinkedBlockingQueue<>();
        BlockingQueue<String> orders = new LinkedBlockingQueue<>();
        for (String id : new String[] {"a", "b", "c"}) {
            LeaderSelector selector = place.keep(selector(place, id, terms, orders));
            selector.autoRequeue();
            selector.start();
        }
        List<String> seen = new ArrayList<>();
        for (int term = 0; term < 9; term++) {
            seen.add(Place.next(terms));
            orders.add("go");
        }
        Place.check(seen.contains("a") && seen.contains("b") && seen.contains("c"), "who led: " + seen);
    }

    /** Leads until it is told to go or is interrupted; says so when it begins. */
    private static LeaderSelector selector(Place place, String id, BlockingQueue<String> terms, BlockingQueue<String> orders) throws Exception {
        LeaderSelector selector = new LeaderSelector(place.client(), place.root, new LeaderSelectorListenerAdapter() {
            @Override
            public void takeLeadership(CuratorFramework client) throws Exception {
                terms.add(id);
                orders.take();
            }
        });
        selector.setId(id);
        return selector;
    }
}
