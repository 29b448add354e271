import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.barriers.DistributedBarrier;
import org.apache.curator.framework.recipes.barriers.DistributedDoubleBarrier;

final class Barriers {
    private Barriers() {}

    static void addTo(Map<String, Place.Check> checks) {
        checks.put("barrier", Barriers::barrier);
        checks.put("doubleBarrier", Barriers::doubleBarrier);
        checks.put("doubleBarrierTooFew", Barriers::doubleBarrierTooFew);
    }

    private static void barrier(Place place) throws Exception {
        DistributedBarrier mine = new DistributedBarrier(place.client(), place.root);
        CuratorFramework other = place.client();
        DistributedBarrier theirs = new DistributedBarrier(other, place.root);
        Place.check(theirs.waitOnBarrier(Place.WAIT_MS, TimeUnit.MILLISECONDS), "no barrier, no wait");
        mine.setBarrier();
        mine.setBarrier();
        Place.caughtUp(other);
        Place.check(!theirs.waitOnBarrier(200, TimeUnit.MILLISECONDS), "passed a barrier");
        Future<Boolean> waiting = place.elsewhere(() -> theirs.waitOnBarrier(Place.WAIT_MS, TimeUnit.MILLISECONDS));
        mine.removeBarrier();
        Place.checkEquals(true, Place.done(waiting));
        mine.removeBarrier();
    }

    private static void doubleBarrier(Place place) throws Exception {
        DistributedDoubleBarrier mine = new DistributedDoubleBarrier(place.client(), place.root, 3);
        DistributedDoubleBarrier second = new DistributedDoubleBarrier(place.client(), place.root, 3);
        DistributedDoubleBarrier third = new DistributedDoubleBarrier(place.client(), place.root, 3);
        Future<Boolean> one = place.elsewhere(() -> mine.enter(Place.WAIT_MS, TimeUnit.MILLISECONDS));
        Future<Boolean> two = place.elsewhere(() -> second.enter(Place.WAIT_MS, TimeUnit.MILLISECONDS));
        Place.check(!one.isDone() && !two.isDone(), "two are not three");
        Place.check(third.enter(Place.WAIT_MS, TimeUnit.MILLISECONDS), "three are there");
        Place.check(Place.done(one) && Place.done(two), "all are in");
        Future<Boolean> out = place.elsewhere(() -> mine.leave(Place.WAIT_MS, TimeUnit.MILLISECONDS));
        Future<Boolean> outToo = place.elsewhere(() -> second.leave(Place.WAIT_MS, TimeUnit.MILLISECONDS));
        Place.check(!out.isDone() && !outToo.isDone(), "the third is still in");
        Place.check(third.leave(Place.WAIT_MS, TimeUnit.MILLISECONDS), "all leave");
        Place.check(Place.done(out) && Place.done(outToo), "all are out");
    }

    private static void doubleBarrierTooFew(Place place) throws Exception {
        DistributedDoubleBarrier mine = new DistributedDoubleBarrier(place.client(), place.root, 2);
        Place.check(!mine.enter(300, TimeUnit.MILLISECONDS), "one is not two");
    }
}
