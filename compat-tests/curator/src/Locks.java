import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.locks.InterProcessLock;
import org.apache.curator.framework.recipes.locks.InterProcessMultiLock;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.InterProcessReadWriteLock;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreMutex;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreV2;
import org.apache.curator.framework.recipes.locks.Lease;
import org.apache.curator.framework.recipes.locks.Revoker;
import org.apache.curator.framework.recipes.shared.SharedCount;

/** Locks and semaphores, each between sessions. */
final class Locks {
    private static final int SHORT_MS = 200;

    private Locks() {}

    static void addTo(Map<String, Place.Check> checks) {
        checks.put("mutex", Locks::mutex);
        checks.put("mutexOfClosedSession", Locks::mutexOfClosedSession);
        checks.put("mutexRevoked", Locks::mutexRevoked);
        checks.put("mutexMany", Locks::mutexMany);
        checks.put("semaphoreMutex", Locks::semaphoreMutex);
        checks.put("readWriteLock", Locks::readWriteLock);
        checks.put("semaphore", Locks::semaphore);
        checks.put("semaphoreOfCount", Locks::semaphoreOfCount);
        checks.put("multiLock", Locks::multiLock);
    }

    private static void mutex(Place place) throws Exception {
        CuratorFramework client = place.client();
        InterProcessMutex mine = new InterProcessMutex(client, place.root);
        InterProcessMutex theirs = new InterProcessMutex(place.client(), place.root);
        mine.acquire();
        mine.acquire();
        Place.check(mine.isOwnedByCurrentThread(), "not owned");
        Place.checkEquals(false, free(place, theirs));
        Future<Boolean> waiting = place.elsewhere(() -> theirs.acquire(Place.WAIT_MS, TimeUnit.MILLISECONDS));
        Place.until("two in the queue", () -> client.getChildren().forPath(place.root).size() == 2);
        Place.checkEquals(2, mine.getParticipantNodes().size());
        mine.release();
        Place.check(!waiting.isDone(), "taken while it was held once more");
        mine.release();
        Place.checkEquals(true, Place.done(waiting));
        Place.checkEquals(false, mine.acquire(SHORT_MS, TimeUnit.MILLISECONDS));
        Place.checkEquals(1, client.getChildren().forPath(place.root).size());
    }

    private static void mutexOfClosedSession(Place place) throws Exception {
        CuratorFramework gone = place.client();
        new InterProcessMutex(gone, place.root).acquire();
        InterProcessMutex mine = new InterProcessMutex(place.client(), place.root);
        Place.checkEquals(false, mine.acquire(SHORT_MS, TimeUnit.MILLISECONDS));
        gone.close();
        Place.checkEquals(true, mine.acquire(Place.WAIT_MS, TimeUnit.MILLISECONDS));
    }

    private static void mutexRevoked(Place place) throws Exception {
        InterProcessMutex mine = new InterProcessMutex(place.client(), place.root);
        CuratorFramework other = place.client();
        Future<Boolean> held = place.elsewhere(() -> {
            Thread owner = Thread.currentThread();
            mine.makeRevocable(lock -> owner.interrupt());
            mine.acquire();
            try {
                Thread.sleep(Place.WAIT_MS);
                return false;
            } catch (InterruptedException asked) {
                mine.release();
                return true;
            }
        });
        InterProcessMutex theirs = new InterProcessMutex(other, place.root);
        Place.until("a holder", () -> theirs.getParticipantNodes().size() == 1);
        Revoker.attemptRevoke(other, theirs.getParticipantNodes().iterator().next());
        Place.checkEquals(true, Place.done(held));
        Place.checkEquals(true, theirs.acquire(Place.WAIT_MS, TimeUnit.MILLISECONDS));
    }

    /** Five sessions take turns; what they write without a version is never lost. */
    private static void mutexMany(Place place) throws Exception {
        int rounds = 10;
        String counter = place.root + "-counter";
        place.client().create().creatingParentsIfNeeded().forPath(counter, "0".getBytes());
        List<Future<Integer>> all = new java.util.ArrayList<>();
        for (int i = 0; i < 5; i++) {
            CuratorFramework client = place.client();
            InterProcessMutex mutex = new InterProcessMutex(client, place.root);
            all.add(place.elsewhere(() -> {
                for (int round = 0; round < rounds; round++) {
                    mutex.acquire();
                    int before = Integer.parseInt(new String(client.getData().forPath(counter)));
                    client.setData().forPath(counter, String.valueOf(before + 1).getBytes());
                    mutex.release();
                }
                return rounds;
            }));
        }
        for (Future<Integer> one : all) {
            Place.done(one);
        }
        Place.checkEquals("50", new String(place.client().getData().forPath(counter)));
    }

    private static void semaphoreMutex(Place place) throws Exception {
        InterProcessSemaphoreMutex mine = new InterProcessSemaphoreMutex(place.client(), place.root);
        InterProcessSemaphoreMutex theirs = new InterProcessSemaphoreMutex(place.client(), place.root);
        mine.acquire();
        Place.checkEquals(false, mine.acquire(SHORT_MS, TimeUnit.MILLISECONDS));
        Place.checkEquals(false, free(place, theirs));
        mine.release();
        Place.checkEquals(true, free(place, theirs));
    }

    private static void readWriteLock(Place place) throws Exception {
        CuratorFramework client = place.client();
        InterProcessReadWriteLock mine = new InterProcessReadWriteLock(client, place.root);
        InterProcessReadWriteLock theirs = new InterProcessReadWriteLock(place.client(), place.root);
        mine.readLock().acquire();
        Place.checkEquals(true, free(place, theirs.readLock()));
        Place.checkEquals(false, free(place, theirs.writeLock()));
        Place.caughtUp(client);
        Place.checkEquals(1, mine.readLock().getParticipantNodes().size());
        mine.readLock().release();
        mine.writeLock().acquire();
        Place.checkEquals(false, free(place, theirs.readLock()));
        mine.readLock().acquire();
        mine.writeLock().release();
        Place.checkEquals(true, free(place, theirs.readLock()));
        Place.checkEquals(false, free(place, theirs.writeLock()));
        mine.readLock().release();
        Place.checkEquals(true, free(place, theirs.writeLock()));
    }

    private static void semaphore(Place place) throws Exception {
        InterProcessSemaphoreV2 mine = new InterProcessSemaphoreV2(place.client(), place.root, 3);
        InterProcessSemaphoreV2 theirs = new InterProcessSemaphoreV2(place.client(), place.root, 3);
        mine.setNodeData("mine".getBytes());
        Collection<Lease> two = mine.acquire(2);
        Lease third = theirs.acquire();
        Place.checkEquals(3, theirs.getParticipantNodes().size());
        Place.checkEquals("mine", new String(two.iterator().next().getData()));
        Place.checkEquals(null, theirs.acquire(SHORT_MS, TimeUnit.MILLISECONDS));
        theirs.returnLease(third);
        Lease fourth = mine.acquire(Place.WAIT_MS, TimeUnit.MILLISECONDS);
        Place.check(fourth != null, "a lease that was given back");
        mine.returnAll(two);
        Place.check(theirs.acquire(2, Place.WAIT_MS, TimeUnit.MILLISECONDS) != null, "two leases");
    }

    private static void semaphoreOfCount(Place place) throws Exception {
        SharedCount limit = place.keep(new SharedCount(place.client(), place.root + "-limit", 1));
        limit.start();
        InterProcessSemaphoreV2 semaphore = new InterProcessSemaphoreV2(place.client(), place.root, limit);
        semaphore.acquire();
        Future<Lease> second = place.elsewhere(() -> semaphore.acquire(Place.WAIT_MS, TimeUnit.MILLISECONDS));
        Place.checkEquals(null, semaphore.acquire(SHORT_MS, TimeUnit.MILLISECONDS));
        limit.setCount(2);
        Place.check(Place.done(second) != null, "no lease after the limit rose");
    }

    private static void multiLock(Place place) throws Exception {
        CuratorFramework client = place.client();
        InterProcessLock first = new InterProcessMutex(client, place.root + "/1");
        InterProcessLock second = new InterProcessSemaphoreMutex(client, place.root + "/2");
        InterProcessMultiLock both = new InterProcessMultiLock(Arrays.asList(first, second));
        InterProcessMutex other = new InterProcessMutex(place.client(), place.root + "/1");
        both.acquire();
        Place.checkEquals(false, free(place, other));
        both.release();
        Place.checkEquals(true, other.acquire(Place.WAIT_MS, TimeUnit.MILLISECONDS));
        Place.checkEquals(false, both.acquire(SHORT_MS, TimeUnit.MILLISECONDS));
        Place.check(!second.isAcquiredInThisProcess(), "one of two is kept");
    }

    /** Whether another thread can have it, which gives it back at once. */
    private static boolean free(Place place, InterProcessLock lock) throws Exception {
        return Place.done(place.elsewhere(() -> {
            boolean taken = lock.acquire(SHORT_MS * 5, TimeUnit.MILLISECONDS);
            if (taken) {
                lock.release();
            }
            return taken;
        }));
    }
}
