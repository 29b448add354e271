package tour;

import static tour.Checks.WAIT_MS;
import static tour.Checks.check;
import static tour.Checks.checkEquals;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooKeeper;

/** A client that is connected and sees what was written before, with what it was told: its states, and the events of the watches it was given for. */
final class Handle implements Watcher, AutoCloseable {
    final ZooKeeper zk;
    final BlockingQueue<WatchedEvent> events = new LinkedBlockingQueue<>();
    private final BlockingQueue<KeeperState> states;

    Handle(String servers) throws Exception {
        this(servers, 10_000);
    }

    Handle(String servers, int timeoutMs) throws Exception {
        states = new LinkedBlockingQueue<>();
        zk = new ZooKeeper(servers, timeoutMs, event -> states.add(event.getState()));
        state(KeeperState.SyncConnected);
        caughtUp();
    }

    Handle(String servers, long id, byte[] password) throws Exception {
        states = new LinkedBlockingQueue<>();
        zk = new ZooKeeper(servers, 10_000, event -> states.add(event.getState()), id, password);
        state(KeeperState.SyncConnected);
        caughtUp();
    }

    @Override
    public void process(WatchedEvent event) {
        if (event.getType() != EventType.None) {
            events.add(event);
        }
    }

    WatchedEvent next() throws Exception {
        WatchedEvent event = events.poll(WAIT_MS, TimeUnit.MILLISECONDS);
        check(event != null, "no event came");
        return event;
    }

    /** Until the handle is told of this state. */
    void state(KeeperState wanted) throws Exception {
        for (;;) {
            KeeperState state = states.poll(WAIT_MS, TimeUnit.MILLISECONDS);
            check(state != null, "never " + wanted);
            if (state == wanted) {
                return;
            }
        }
    }

    /** Everything that was written before is visible through this handle, and its events have come. */
    void caughtUp() throws Exception {
        AtomicInteger code = new AtomicInteger(1);
        CountDownLatch done = new CountDownLatch(1);
        zk.sync("/", (rc, path, context) -> {
            code.set(rc);
            done.countDown();
        }, null);
        check(done.await(WAIT_MS, TimeUnit.MILLISECONDS), "no reply to sync");
        checkEquals(0, code.get());
    }

    @Override
    public void close() throws Exception {
        zk.close();
    }
}
