import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.atomic.AtomicValue;
import org.apache.curator.framework.recipes.atomic.CachedAtomicLong;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicInteger;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicLong;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicValue;
import org.apache.curator.framework.recipes.atomic.PromotedToLock;
import org.apache.curator.framework.recipes.shared.SharedCount;
import org.apache.curator.framework.recipes.shared.SharedCountListener;
import org.apache.curator.framework.recipes.shared.SharedCountReader;
import org.apache.curator.framework.recipes.shared.SharedValue;
import org.apache.curator.framework.recipes.shared.VersionedValue;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.retry.RetryNTimes;
import org.apache.curator.retry.RetryOneTime;

final class Counters {
    private Counters() {}

    static void addTo(Map<String, Place.Check> checks) {
        checks.put("sharedCount", Counters::sharedCount);
        checks.put("sharedValue", Counters::sharedValue);
        checks.put("atomicLong", Counters::atomicLong);
        checks.put("atomicLongMany", Counters::atomicLongMany);
        checks.put("atomicValues", Counters::atomicValues);
        checks.put("cachedAtomicLong", Counters::cachedAtomicLong);
    }

    private static void sharedCount(Place place) throws Exception {
        SharedCount mine = place.keep(new SharedCount(place.client(), place.root, 5));
        SharedCount theirs = place.keep(new SharedCount(place.client(), place.root, 7));
        BlockingQueue<Integer> told = new LinkedBlockingQueue<>();
        mine.start();
        theirs.addListener(new SharedCountListener() {
            @Override
            public void countHasChanged(SharedCountReader count, int now) {
                told.add(now);
            }

            @Override
            public void stateChanged(CuratorFramework client, ConnectionState state) {}
        });
        theirs.start();
        Place.checkEquals(5, theirs.getCount());
        mine.setCount(6);
        Place.checkEquals(6, Place.next(told));
        VersionedValue<Integer> known = theirs.getVersionedValue();
        Place.checkEquals(true, theirs.trySetCount(known, 8));
        Place.until("the other sees it", () -> mine.getCount() == 8);
        Place.checkEquals(false, mine.trySetCount(known, 9));
        Place.checkEquals(8, mine.getCount());
    }

    private static void sharedValue(Place place) throws Exception {
        SharedValue mine = place.keep(new SharedValue(place.client(), place.root, "seed".getBytes()));
        SharedValue theirs = place.keep(new SharedValue(place.client(), place.root, "other".getBytes()));
        mine.start();
        theirs.start();
        Place.checkEquals("seed", new String(theirs.getValue()));
        Place.check(theirs.trySetValue(theirs.getVersionedValue(), "new".getBytes()), "nobody else wrote");
        Place.until("the other sees it", () -> new String(mine.getValue()).equals("new"));
    }

    private static void atomicLong(Place place) throws Exception {
        CuratorFramework client = place.client();
        CuratorFramework other = place.client();
        DistributedAtomicLong mine = new DistributedAtomicLong(client, place.root, new RetryOneTime(1));
        DistributedAtomicLong theirs = new DistributedAtomicLong(other, place.root, new RetryOneTime(1));
        Place.checkEquals(true, mine.initialize(10L));
        Place.checkEquals(false, theirs.initialize(20L));
        Place.checkEquals(11L, theirs.increment().postValue());
        Place.caughtUp(client);
        Place.checkEquals(111L, mine.add(100L).postValue());
        Place.caughtUp(other);
        Place.checkEquals(110L, theirs.decrement().postValue());
        Place.caughtUp(client);
        Place.checkEquals(false, mine.compareAndSet(7L, 8L).succeeded());
        AtomicValue<Long> swapped = mine.compareAndSet(110L, 8L);
        Place.check(swapped.succeeded() && swapped.preValue() == 110L, "swapped");
        Place.caughtUp(other);
        Place.checkEquals(8L, theirs.get().postValue());
        mine.forceSet(-1L);
        Place.caughtUp(other);
        Place.checkEquals(-1L, theirs.get().postValue());
    }

    /** Optimistic writes of several sessions at once, and those that fall back on a lock: none is lost. */
    private static void atomicLongMany(Place place) throws Exception {
        List<Future<Integer>> all = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            PromotedToLock lock = PromotedToLock.builder().lockPath(place.root + "-lock").retryPolicy(new RetryNTimes(100, 5)).build();
            DistributedAtomicLong number = new DistributedAtomicLong(place.client(), place.root, new RetryNTimes(2, 1), lock);
            all.add(place.elsewhere(() -> {
                int counted = 0;
                while (counted < 25) {
                    counted += number.increment().succeeded() ? 1 : 0;
                }
                return counted;
            }));
        }
        for (Future<Integer> one : all) {
            Place.done(one);
        }
        Place.checkEquals(100L, new DistributedAtomicLong(place.client(), place.root, new RetryOneTime(1)).get().postValue());
    }

    private static void atomicValues(Place place) throws Exception {
        DistributedAtomicInteger number = new DistributedAtomicInteger(place.client(), place.root + "/int", new RetryOneTime(1));
        Place.checkEquals(3, number.add(3).postValue());
        Place.checkEquals(1, number.subtract(2).postValue());
        DistributedAtomicValue value = new DistributedAtomicValue(place.client(), place.root + "/value", new RetryOneTime(1));
        Place.check(value.initialize("a".getBytes()), "nobody else made it");
        Place.check(value.compareAndSet("a".getBytes(), "b".getBytes()).succeeded(), "it was a");
        Place.checkEquals("b", new String(value.get().postValue()));
    }

    private static void cachedAtomicLong(Place place) throws Exception {
        DistributedAtomicLong shared = new DistributedAtomicLong(place.client(), place.root, new RetryOneTime(1));
        CachedAtomicLong cached = new CachedAtomicLong(shared, 10);
        for (long i = 1; i <= 12; i++) {
            Place.checkEquals(i, cached.next().postValue());
        }
        Place.checkEquals(20L, shared.get().postValue());
    }
}
