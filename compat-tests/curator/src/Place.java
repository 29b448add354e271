import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.ExponentialBackoffRetry;
import org.apache.zookeeper.KeeperException;

/** Where one check works: a node of its own, and whatever it opened, closed in the reverse order when it is over. */
final class Place implements AutoCloseable {
    static final int WAIT_MS = 20_000;

    /** Absent when the check begins. */
    final String root;
    private final String servers;
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    Place(String servers, String root) {
        this.servers = servers;
        this.root = root;
    }

    interface Check {
        void run(Place place) throws Exception;
    }

    /** A client of its own session, connected, that sees what was written before. */
    CuratorFramework client() throws Exception {
        CuratorFramework client = CuratorFrameworkFactory.builder().connectString(servers)
            .sessionTimeoutMs(10_000).connectionTimeoutMs(WAIT_MS).retryPolicy(new ExponentialBackoffRetry(50, 10)).build();
        client.start();
        check(client.blockUntilConnected(WAIT_MS, TimeUnit.MILLISECONDS), "never connected");
        return caughtUp(keep(client));
    }

    /** Sees what anybody has written by now: in an ensemble it may be connected to a server that has yet to hear of it. */
    static CuratorFramework caughtUp(CuratorFramework client) throws Exception {
        BlockingQueue<Integer> answers = new LinkedBlockingQueue<>();
        client.getZookeeperClient().getZooKeeper().sync("/", (code, path, context) -> answers.add(code), null);
        checkEquals(KeeperException.Code.OK.intValue(), next(answers));
        return client;
    }

    String servers() {
        return servers;
    }

    <T extends AutoCloseable> T keep(T resource) {
        opened.push(resource);
        return resource;
    }

    /** In another thread, as Curator's locks belong to threads. */
    <T> Future<T> elsewhere(Callable<T> work) {
        return threads.submit(work);
    }

    static <T> T done(Future<T> work) throws Exception {
        return work.get(WAIT_MS, TimeUnit.MILLISECONDS);
    }

    static <T> T next(BlockingQueue<T> queue) throws Exception {
        T taken = queue.poll(WAIT_MS, TimeUnit.MILLISECONDS);
        check(taken != null, "nothing came");
        return taken;
    }

    /** Waits until it holds. */
    static void until(String what, Callable<Boolean> holds) throws Exception {
        for (long end = System.nanoTime() + WAIT_MS * 1_000_000L; !holds.call(); Thread.sleep(10)) {
            check(System.nanoTime() < end, "never " + what);
        }
    }

    static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }

    static void checkEquals(Object expected, Object found) {
        check(expected == null ? found == null : expected.equals(found), "expected " + expected + ", found " + found);
    }

    static <E extends Exception> E refused(Class<E> how, Callable<?> work) throws Exception {
        Object given;
        try {
            given = work.call();
        } catch (Exception error) {
            if (how.isInstance(error)) {
                return how.cast(error);
            }
            throw error;
        }
        throw new IllegalStateException("expected " + how.getSimpleName() + ", was given " + given);
    }

    /** Where in our drivers it went wrong. */
    static String why(Throwable error) {
        StackTraceElement at = Arrays.stream(error.getStackTrace())
            .filter(frame -> !frame.getClassName().contains(".") && !frame.getClassName().startsWith("Place"))
            .findFirst().orElse(null);
        String cause = error.getCause() == null ? "" : " because of " + why(error.getCause());
        return (error + " at " + at).replaceAll("\\s+", " ") + cause;
    }

    @Override
    public void close() throws Exception {
        threads.shutdownNow();
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
    }
}
