package tour;

import static tour.Checks.OPEN;
import static tour.Checks.bytes;
import static tour.Checks.checkEquals;
import static tour.Checks.refused;

import java.util.Map;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.Watcher.WatcherType;
import org.apache.zookeeper.ZooKeeper;

/** Watches that are taken back: of each kind, from one watcher of several, from all. */
final class RemovalStops {
    private RemovalStops() {}

    static void addTo(Map<String, ClientTour.Stop> stops) {
        stops.put("removalOfKinds", RemovalStops::removalOfKinds);
        stops.put("removalOfOneOfTwo", RemovalStops::removalOfOneOfTwo);
        stops.put("removalRefused", RemovalStops::removalRefused);
        stops.put("removalOfAll", RemovalStops::removalOfAll);
    }

    private static void set(Handle handle, String path) throws Exception {
        handle.zk.getData(path, handle, null);
        handle.zk.getChildren(path, handle);
        handle.zk.addWatch(path, handle, AddWatchMode.PERSISTENT);
    }

    private static void removalOfKinds(String root) throws Exception {
        try (Handle handle = new Handle(ClientTour.servers)) {
            ZooKeeper zk = handle.zk;
            set(handle, root);
            zk.removeWatches(root, handle, WatcherType.Data, false);
            checkEquals(EventType.DataWatchRemoved, handle.next().getType());
            zk.removeWatches(root, handle, WatcherType.Children, false);
            checkEquals(EventType.ChildWatchRemoved, handle.next().getType());
            zk.setData(root, bytes("x"), -1);
            checkEquals(EventType.NodeDataChanged, handle.next().getType());
            zk.removeWatches(root, handle, WatcherType.Persistent, false);
            checkEquals(EventType.PersistentWatchRemoved, handle.next().getType());
            zk.addWatch(root, handle, AddWatchMode.PERSISTENT_RECURSIVE);
            zk.create(root + "/a", null, OPEN, CreateMode.PERSISTENT);
            checkEquals(EventType.NodeCreated, handle.next().getType());
            zk.removeWatches(root, handle, WatcherType.PersistentRecursive, false);
            checkEquals(EventType.PersistentWatchRemoved, handle.next().getType());
            zk.create(root + "/b", null, OPEN, CreateMode.PERSISTENT);
            handle.caughtUp();
            checkEquals(null, handle.events.poll());
        }
    }

    /** The server keeps a watch for as long as one watcher of the client wants it. */
    private static void removalOfOneOfTwo(String root) throws Exception {
        try (Handle handle = new Handle(ClientTour.servers); Handle second = new Handle(ClientTour.servers)) {
            handle.zk.getData(root, handle, null);
            handle.zk.getData(root, second, null);
            handle.zk.removeWatches(root, handle, WatcherType.Data, false);
            checkEquals(EventType.DataWatchRemoved, handle.next().getType());
            handle.zk.setData(root, bytes("x"), -1);
            checkEquals(EventType.NodeDataChanged, second.next().getType());
            checkEquals(null, handle.events.poll());
        }
    }

    private static void removalRefused(String root) throws Exception {
        try (Handle handle = new Handle(ClientTour.servers)) {
            refused(Code.NOWATCHER, () -> handle.zk.removeWatches(root, handle, WatcherType.Any, false));
            handle.zk.getData(root, handle, null);
            refused(Code.NOWATCHER, () -> handle.zk.removeWatches(root, handle, WatcherType.Children, false));
            refused(Code.NOWATCHER, () -> handle.zk.removeWatches(root, handle, WatcherType.Persistent, false));
            refused(Code.NOWATCHER, () -> handle.zk.removeAllWatches(root + "/a", WatcherType.Any, false));
            handle.zk.setData(root, bytes("x"), -1);
            checkEquals(EventType.NodeDataChanged, handle.next().getType());
            refused(Code.NOWATCHER, () -> handle.zk.removeWatches(root, handle, WatcherType.Data, false));
        }
    }

    private static void removalOfAll(String root) throws Exception {
        try (Handle handle = new Handle(ClientTour.servers); Handle changing = new Handle(ClientTour.servers)) {
            set(handle, root);
            handle.zk.removeAllWatches(root, WatcherType.Any, false);
            for (int i = 0; i < 3; i++) {
                handle.next();
            }
            changing.zk.setData(root, bytes("x"), -1);
            changing.zk.create(root + "/a", null, OPEN, CreateMode.PERSISTENT);
            handle.caughtUp();
            checkEquals(null, handle.events.poll());
        }
    }
}
