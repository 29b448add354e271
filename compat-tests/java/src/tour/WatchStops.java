package tour;

import static tour.Checks.OPEN;
import static tour.Checks.WAIT_MS;
import static tour.Checks.again;
import static tour.Checks.bytes;
import static tour.Checks.check;
import static tour.Checks.checkEquals;
import static tour.Checks.checkEvent;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;
import relay.Relay;

/** Watches of every kind. */
final class WatchStops {
    private WatchStops() {}

    static void addTo(Map<String, ClientTour.Stop> stops) {
        stops.put("watches", WatchStops::watches);
        stops.put("watchesAgain", WatchStops::watchesAgain);
        stops.put("persistentWatches", WatchStops::persistentWatches);
    }

    private static void watches(String root) throws Exception {
        try (Handle watching = new Handle(ClientTour.servers); Handle changing = new Handle(ClientTour.servers)) {
            ZooKeeper zk = watching.zk;
            check(zk.exists(root + "/a", watching) == null, "not yet");
            zk.getChildren(root, watching);
            Stat stat = new Stat();
            changing.zk.create(root + "/a", null, OPEN, CreateMode.PERSISTENT, stat);
            checkEvent(watching.next(), EventType.NodeCreated, root + "/a", stat.getCzxid());
            checkEvent(watching.next(), EventType.NodeChildrenChanged, root, stat.getCzxid());
            zk.getData(root + "/a", watching, null);
            changing.zk.setData(root + "/a", bytes("1"), -1);
            changing.zk.setData(root + "/a", bytes("2"), -1);
            checkEquals(EventType.NodeDataChanged, watching.next().getType());
            watching.caughtUp();
            checkEquals(null, watching.events.poll());
            zk.getData(root + "/a", watching, null);
            zk.exists(root + "/a", watching);
            zk.getChildren(root + "/a", watching);
            changing.zk.delete(root + "/a", -1);
            checkEquals(EventType.NodeDeleted, watching.next().getType());
            watching.caughtUp();
            checkEquals(null, watching.events.poll());
            // A client that changes what it watches hears of the change before it has the reply.
            AtomicInteger order = new AtomicInteger();
            AtomicInteger atEvent = new AtomicInteger();
            AtomicInteger atReply = new AtomicInteger();
            CountDownLatch replied = new CountDownLatch(1);
            zk.exists(root + "/b", event -> atEvent.set(order.incrementAndGet()));
            zk.create(root + "/b", null, OPEN, CreateMode.PERSISTENT, (rc, path, context, name) -> {
                atReply.set(order.incrementAndGet());
                replied.countDown();
            }, null);
            check(replied.await(WAIT_MS, TimeUnit.MILLISECONDS), "no reply");
            checkEquals(1, atEvent.get());
            checkEquals(2, atReply.get());
        }
    }

    /** setWatches after a reconnect: what changed meanwhile is told, what did not is watched again. */
    private static void watchesAgain(String root) throws Exception {
        try (Relay relay = new Relay(ClientTour.servers); Handle watching = new Handle(relay.address()); Handle changing = new Handle(ClientTour.servers)) {
            for (String name : new String[] {"data", "gone", "same", "parent"}) {
                watching.zk.create(root + "/" + name, null, OPEN, CreateMode.PERSISTENT);
            }
            for (String name : new String[] {"data", "gone", "same"}) {
                watching.zk.getData(root + "/" + name, watching, null);
            }
            watching.zk.exists(root + "/born", watching);
            watching.zk.exists(root + "/unborn", watching);
            watching.zk.getChildren(root + "/parent", watching);
            watching.zk.addWatch(root + "/recursive", watching, AddWatchMode.PERSISTENT_RECURSIVE);
            relay.cut();
            watching.state(KeeperState.Disconnected);
            changing.zk.setData(root + "/data", bytes("1"), -1);
            changing.zk.delete(root + "/gone", -1);
            changing.zk.create(root + "/born", null, OPEN, CreateMode.PERSISTENT);
            changing.zk.create(root + "/parent/child", null, OPEN, CreateMode.PERSISTENT);
            relay.mend();
            watching.state(KeeperState.SyncConnected);
            Map<String, EventType> seen = new LinkedHashMap<>();
            for (int i = 0; i < 4; i++) {
                WatchedEvent event = watching.next();
                seen.put(event.getPath().substring(root.length() + 1), event.getType());
                checkEquals(-1L, event.getZxid());
            }
            checkEquals(EventType.NodeDataChanged, seen.get("data"));
            checkEquals(EventType.NodeDeleted, seen.get("gone"));
            checkEquals(EventType.NodeCreated, seen.get("born"));
            checkEquals(EventType.NodeChildrenChanged, seen.get("parent"));
            changing.zk.setData(root + "/same", bytes("1"), -1);
            checkEquals(EventType.NodeDataChanged, watching.next().getType());
            changing.zk.create(root + "/unborn", null, OPEN, CreateMode.PERSISTENT);
            checkEquals(root + "/unborn", watching.next().getPath());
            changing.zk.create(root + "/recursive", null, OPEN, CreateMode.PERSISTENT);
            changing.zk.create(root + "/recursive/child", null, OPEN, CreateMode.PERSISTENT);
            checkEquals(root + "/recursive", watching.next().getPath());
            checkEquals(root + "/recursive/child", watching.next().getPath());
        }
    }

    private static void persistentWatches(String root) throws Exception {
        try (Handle handle = new Handle(ClientTour.servers)) {
            ZooKeeper zk = handle.zk;
            Handle plain = handle;
            BlockingQueue<WatchedEvent> below = new LinkedBlockingQueue<>();
            Watcher recursive = below::add;
            zk.addWatch(root, plain, AddWatchMode.PERSISTENT);
            zk.addWatch(root, recursive, AddWatchMode.PERSISTENT_RECURSIVE);
            zk.create(root + "/x", null, OPEN, CreateMode.PERSISTENT);
            zk.setData(root + "/x", bytes("1"), -1);
            zk.create(root + "/x/y", null, OPEN, CreateMode.PERSISTENT);
            zk.delete(root + "/x/y", -1);
            zk.setData(root, bytes("1"), -1);
            zk.setData(root, bytes("2"), -1);
            List<String> told = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                WatchedEvent event = below.poll(WAIT_MS, TimeUnit.MILLISECONDS);
                told.add(event.getType() + " " + event.getPath().substring(root.length()));
            }
            checkEquals(Arrays.asList("NodeCreated /x", "NodeDataChanged /x", "NodeCreated /x/y", "NodeDeleted /x/y",
                "NodeDataChanged ", "NodeDataChanged "), told);
            checkEquals(EventType.NodeChildrenChanged, plain.next().getType());
            checkEquals(EventType.NodeDataChanged, plain.next().getType());
            checkEquals(EventType.NodeDataChanged, plain.next().getType());
            zk.removeWatches(root, recursive, Watcher.WatcherType.Any, false);
            checkEquals(EventType.PersistentWatchRemoved, below.poll(WAIT_MS, TimeUnit.MILLISECONDS).getType());
            zk.removeAllWatches(root, Watcher.WatcherType.Any, false);
            zk.setData(root, bytes("3"), -1);
            handle.caughtUp();
            checkEquals(null, below.poll());
        }
    }
}
