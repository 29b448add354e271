package tour;

import static tour.Checks.OPEN;
import static tour.Checks.bytes;
import static tour.Checks.check;
import static tour.Checks.checkEquals;
import static tour.Checks.text;

import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.zookeeper.CreateMode;

/** The order of requests of one session and of several. */
final class OrderStops {
    private OrderStops() {}

    static void addTo(Map<String, ClientTour.Stop> stops) {
        stops.put("sync", OrderStops::sync);
        stops.put("pipeline", OrderStops::pipeline);
    }

    private static void sync(String root) throws Exception {
        try (Handle one = new Handle(ClientTour.servers); Handle two = new Handle(ClientTour.servers)) {
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
        try (Handle handle = new Handle(ClientTour.servers)) {
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
}
