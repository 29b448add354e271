import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.queue.DistributedDelayQueue;
import org.apache.curator.framework.recipes.queue.DistributedIdQueue;
import org.apache.curator.framework.recipes.queue.DistributedPriorityQueue;
import org.apache.curator.framework.recipes.queue.DistributedQueue;
import org.apache.curator.framework.recipes.queue.QueueBuilder;
import org.apache.curator.framework.recipes.queue.QueueConsumer;
import org.apache.curator.framework.recipes.queue.QueueSerializer;
import org.apache.curator.framework.recipes.queue.SimpleDistributedQueue;
import org.apache.curator.framework.state.ConnectionState;

final class Queues {
    private Queues() {}

    static void addTo(Map<String, Place.Check> checks) {
        checks.put("queue", Queues::queue);
        checks.put("queueOfTwoConsumers", Queues::queueOfTwoConsumers);
        checks.put("queueLocked", Queues::queueLocked);
        checks.put("idQueue", Queues::idQueue);
        checks.put("priorityQueue", Queues::priorityQueue);
        checks.put("delayQueue", Queues::delayQueue);
        checks.put("simpleQueue", Queues::simpleQueue);
    }

    private static QueueBuilder<String> queueOf(CuratorFramework client, QueueConsumer<String> consumer, String path) {
        return QueueBuilder.builder(client, consumer, new QueueSerializer<>() {
            @Override
            public byte[] serialize(String item) {
                return item.getBytes();
            }

            @Override
            public String deserialize(byte[] bytes) {
                return new String(bytes);
            }
        }, path);
    }

    private static QueueConsumer<String> into(BlockingQueue<String> taken) {
        return new QueueConsumer<>() {
            @Override
            public void consumeMessage(String message) {
                taken.add(message);
            }

            @Override
            public void stateChanged(CuratorFramework client, ConnectionState state) {}
        };
    }

    private static void queue(Place place) throws Exception {
        BlockingQueue<String> taken = new LinkedBlockingQueue<>();
        DistributedQueue<String> in = place.keep(queueOf(place.client(), null, place.root).buildQueue());
        in.start();
        for (int i = 0; i < 20; i++) {
            in.put("item " + i);
        }
        Place.check(in.flushPuts(Place.WAIT_MS, TimeUnit.MILLISECONDS), "not all were put");
        DistributedQueue<String> out = place.keep(queueOf(place.client(), into(taken), place.root).buildQueue());
        out.start();
        for (int i = 0; i < 20; i++) {
            Place.checkEquals("item " + i, Place.next(taken));
        }
        in.put("late");
        Place.checkEquals("late", Place.next(taken));
    }

    private static void queueOfTwoConsumers(Place place) throws Exception {
        BlockingQueue<String> taken = new LinkedBlockingQueue<>();
        for (int i = 0; i < 2; i++) {
            place.keep(queueOf(place.client(), into(taken), place.root).buildQueue()).start();
        }
        DistributedQueue<String> in = place.keep(queueOf(place.client(), null, place.root).buildQueue());
        in.start();
        TreeSet<String> put = new TreeSet<>();
        for (int i = 0; i < 50; i++) {
            put.add("item " + i);
            in.put("item " + i);
        }
        List<String> got = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            got.add(Place.next(taken));
        }
        Place.checkEquals(put, new TreeSet<>(got));
    }

    /** An item whose consumer failed is put back. */
    private static void queueLocked(Place place) throws Exception {
        BlockingQueue<String> taken = new LinkedBlockingQueue<>();
        QueueConsumer<String> failsFirst = new QueueConsumer<>() {
            @Override
            public void consumeMessage(String message) throws Exception {
                taken.add(message);
                if (taken.size() == 1) {
                    throw new Exception("as meant");
                }
            }

            @Override
            public void stateChanged(CuratorFramework client, ConnectionState state) {}
        };
        DistributedQueue<String> queue =
            place.keep(queueOf(place.client(), failsFirst, place.root).lockPath(place.root + "-locks").buildQueue());
        queue.start();
        queue.put("one");
        Place.until("it came again", () -> taken.size() == 2);
        Place.checkEquals(Arrays.asList("one", "one"), new ArrayList<>(taken));
    }

    private static void idQueue(Place place) throws Exception {
        BlockingQueue<String> taken = new LinkedBlockingQueue<>();
        CuratorFramework client = place.client();
        DistributedIdQueue<String> in = place.keep(queueOf(client, null, place.root).buildIdQueue());
        in.start();
        in.put("a", "1");
        in.put("b", "2");
        in.put("c", "3");
        Place.check(in.flushPuts(Place.WAIT_MS, TimeUnit.MILLISECONDS), "not all were put");
        Place.checkEquals(1, in.remove("2"));
        DistributedIdQueue<String> out = place.keep(queueOf(place.client(), into(taken), place.root).buildIdQueue());
        out.start();
        Place.checkEquals("a", Place.next(taken));
        Place.checkEquals("c", Place.next(taken));
    }

    private static void priorityQueue(Place place) throws Exception {
        BlockingQueue<String> taken = new LinkedBlockingQueue<>();
        DistributedPriorityQueue<String> in = place.keep(queueOf(place.client(), null, place.root).buildPriorityQueue(0));
        in.start();
        in.put("least", 100);
        in.put("first", -5);
        in.put("second", 1);
        Place.check(in.flushPuts(Place.WAIT_MS, TimeUnit.MILLISECONDS), "not all were put");
        DistributedPriorityQueue<String> out = place.keep(queueOf(place.client(), into(taken), place.root).buildPriorityQueue(0));
        out.start();
        Place.checkEquals("first", Place.next(taken));
        Place.checkEquals("second", Place.next(taken));
        Place.checkEquals("least", Place.next(taken));
    }

    private static void delayQueue(Place place) throws Exception {
        BlockingQueue<String> taken = new LinkedBlockingQueue<>();
        DistributedDelayQueue<String> queue = place.keep(queueOf(place.client(), into(taken), place.root).buildDelayQueue());
        queue.start();
        long now = System.currentTimeMillis();
        queue.put("later", now + 600);
        queue.put("now", now);
        Place.checkEquals("now", Place.next(taken));
        Place.checkEquals("later", Place.next(taken));
        Place.check(System.currentTimeMillis() >= now + 600, "came too early");
    }

    private static void simpleQueue(Place place) throws Exception {
        SimpleDistributedQueue mine = new SimpleDistributedQueue(place.client(), place.root);
        CuratorFramework other = place.client();
        SimpleDistributedQueue theirs = new SimpleDistributedQueue(other, place.root);
        Place.checkEquals(null, mine.poll());
        Place.refused(NoSuchElementException.class, mine::element);
        mine.offer("a".getBytes());
        mine.offer("b".getBytes());
        mine.offer("c".getBytes());
        Place.caughtUp(other);
        Place.checkEquals("a", new String(theirs.peek()));
        Place.checkEquals("a", new String(theirs.take()));
        Place.checkEquals("b", new String(theirs.remove()));
        Place.checkEquals("c", new String(mine.poll(Place.WAIT_MS, TimeUnit.MILLISECONDS)));
        Future<byte[]> waiting = place.elsewhere(theirs::take);
        Place.check(!waiting.isDone(), "nothing is there");
        mine.offer("d".getBytes());
        Place.checkEquals("d", new String(Place.done(waiting)));
    }
}
