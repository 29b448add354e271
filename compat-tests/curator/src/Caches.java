import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.cache.ChildData;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.framework.recipes.cache.CuratorCacheListener;
import org.apache.curator.framework.recipes.cache.NodeCache;
import org.apache.curator.framework.recipes.cache.PathChildrenCache;
import org.apache.curator.framework.recipes.cache.TreeCache;
import org.apache.curator.framework.recipes.watch.PersistentWatcher;
import org.apache.zookeeper.Watcher.Event.EventType;

/** Caches, which live on watches: what another session writes arrives, in order, and what is there at the end is the same. */
@SuppressWarnings("deprecation")
final class Caches {
    private Caches() {}

    static void addTo(Map<String, Place.Check> checks) {
        checks.put("nodeCache", Caches::nodeCache);
        checks.put("pathChildrenCache", Caches::pathChildrenCache);
        checks.put("treeCache", Caches::treeCache);
        checks.put("curatorCache", Caches::curatorCache);
        checks.put("curatorCacheOfOneNode", Caches::curatorCacheOfOneNode);
        checks.put("curatorCacheUnderLoad", Caches::curatorCacheUnderLoad);
        checks.put("persistentWatcher", Caches::persistentWatcher);
        checks.put("persistentWatcherRecursive", Caches::persistentWatcherRecursive);
    }

    /** What happened to nodes: a word of the connection, which its client may hear late, is left out. */
    private static void tell(BlockingQueue<String> told, Enum<?> type, ChildData data) {
        if (!type.name().startsWith("CONNECTION_")) {
            told.add(type + (data == null ? "" : " " + text(data)));
        }
    }

    private static void nodeCache(Place place) throws Exception {
        CuratorFramework writer = place.client();
        NodeCache cache = place.keep(new NodeCache(place.client(), place.root));
        BlockingQueue<String> told = new LinkedBlockingQueue<>();
        cache.getListenable().addListener(() -> told.add(cache.getCurrentData() == null ? "gone" : text(cache.getCurrentData())));
        cache.start(true);
        writer.create().creatingParentsIfNeeded().forPath(place.root, "one".getBytes());
        Place.checkEquals("one", Place.next(told));
        writer.setData().forPath(place.root, "two".getBytes());
        Place.checkEquals("two", Place.next(told));
        writer.delete().forPath(place.root);
        Place.checkEquals("gone", Place.next(told));
        writer.create().forPath(place.root, "again".getBytes());
        Place.checkEquals("again", Place.next(told));
    }

    private static void pathChildrenCache(Place place) throws Exception {
        CuratorFramework writer = place.client();
        writer.create().creatingParentsIfNeeded().forPath(place.root + "/before", "old".getBytes());
        PathChildrenCache cache = place.keep(new PathChildrenCache(place.client(), place.root, true));
        BlockingQueue<String> told = new LinkedBlockingQueue<>();
        cache.getListenable().addListener((client, event) -> tell(told, event.getType(), event.getData()));
        cache.start(PathChildrenCache.StartMode.POST_INITIALIZED_EVENT);
        Place.checkEquals("CHILD_ADDED old", Place.next(told));
        Place.checkEquals("INITIALIZED", Place.next(told));
        writer.create().forPath(place.root + "/a", "one".getBytes());
        Place.checkEquals("CHILD_ADDED one", Place.next(told));
        writer.setData().forPath(place.root + "/a", "two".getBytes());
        Place.checkEquals("CHILD_UPDATED two", Place.next(told));
        writer.create().forPath(place.root + "/a/below", "no child".getBytes());
        writer.delete().deletingChildrenIfNeeded().forPath(place.root + "/a");
        Place.checkEquals("CHILD_REMOVED two", Place.next(told));
        Place.checkEquals(1, cache.getCurrentData().size());
    }

    private static void treeCache(Place place) throws Exception {
        CuratorFramework writer = place.client();
        writer.create().creatingParentsIfNeeded().forPath(place.root, "root".getBytes());
        TreeCache cache = place.keep(new TreeCache(place.client(), place.root));
        BlockingQueue<String> told = new LinkedBlockingQueue<>();
        cache.getListenable().addListener((client, event) -> tell(told, event.getType(), event.getData()));
        cache.start();
        Place.checkEquals("NODE_ADDED root", Place.next(told));
        Place.checkEquals("INITIALIZED", Place.next(told));
        writer.create().creatingParentsIfNeeded().forPath(place.root + "/a", "a".getBytes());
        Place.checkEquals("NODE_ADDED a", Place.next(told));
        writer.create().forPath(place.root + "/a/b", "b".getBytes());
        Place.checkEquals("NODE_ADDED b", Place.next(told));
        writer.setData().forPath(place.root + "/a/b", "bb".getBytes());
        Place.checkEquals("NODE_UPDATED bb", Place.next(told));
        Place.checkEquals("bb", text(cache.getCurrentData(place.root + "/a/b")));
        Place.checkEquals("b", cache.getCurrentChildren(place.root + "/a").keySet().iterator().next());
        writer.delete().forPath(place.root + "/a/b");
        Place.checkEquals("NODE_REMOVED bb", Place.next(told));
    }

    private static void curatorCache(Place place) throws Exception {
        CuratorFramework writer = place.client();
        writer.create().creatingParentsIfNeeded().forPath(place.root + "/before", "old".getBytes());
        CuratorCache cache = place.keep(CuratorCache.build(place.client(), place.root));
        BlockingQueue<String> told = new LinkedBlockingQueue<>();
        BlockingQueue<String> initialized = new LinkedBlockingQueue<>();
        cache.listenable().addListener(CuratorCacheListener.builder().forInitialized(() -> initialized.add("yes")).build());
        cache.start();
        Place.next(initialized);
        Place.checkEquals("old", text(cache.get(place.root + "/before").get()));
        cache.listenable().addListener(CuratorCacheListener.builder()
            .forCreates(node -> told.add("create " + text(node)))
            .forChanges((before, node) -> told.add("change " + text(before) + " " + text(node)))
            .forDeletes(node -> told.add("delete " + text(node))).build());
        writer.create().forPath(place.root + "/a", "1".getBytes());
        Place.checkEquals("create 1", Place.next(told));
        writer.create().forPath(place.root + "/a/b", "2".getBytes());
        Place.checkEquals("create 2", Place.next(told));
        writer.setData().forPath(place.root + "/a/b", "3".getBytes());
        Place.checkEquals("change 2 3", Place.next(told));
        writer.delete().forPath(place.root + "/a/b");
        Place.checkEquals("delete 3", Place.next(told));
        Place.checkEquals(3L, (long) cache.size());
    }

    private static void curatorCacheOfOneNode(Place place) throws Exception {
        CuratorFramework writer = place.client();
        CuratorCache cache = place.keep(CuratorCache.build(place.client(), place.root, CuratorCache.Options.SINGLE_NODE_CACHE));
        BlockingQueue<String> told = new LinkedBlockingQueue<>();
        cache.listenable().addListener(CuratorCacheListener.builder().forAll((type, before, now) -> told.add(type.name())).build());
        cache.start();
        writer.create().creatingParentsIfNeeded().forPath(place.root, "a".getBytes());
        Place.checkEquals("NODE_CREATED", Place.next(told));
        writer.create().forPath(place.root + "/child", "not seen".getBytes());
        writer.delete().deletingChildrenIfNeeded().forPath(place.root);
        Place.checkEquals("NODE_DELETED", Place.next(told));
    }

    /** Whatever the order of events, in the end the cache holds what the server holds. */
    private static void curatorCacheUnderLoad(Place place) throws Exception {
        CuratorFramework writer = place.client();
        CuratorCache cache = place.keep(CuratorCache.build(place.client(), place.root));
        cache.start();
        Map<String, String> expected = new TreeMap<>();
        for (int i = 0; i < 300; i++) {
            String path = place.root + "/" + i % 10 + "/" + i % 30;
            if (expected.remove(path) != null) {
                writer.delete().forPath(path);
            } else {
                writer.create().orSetData().creatingParentsIfNeeded().forPath(path, ("at " + i).getBytes());
                expected.put(path, "at " + i);
            }
        }
        for (String path : expected.keySet()) {
            writer.setData().forPath(path, "last".getBytes());
            expected.put(path, "last");
        }
        Place.until("as the server has it", () -> {
            Map<String, String> found = new TreeMap<>();
            cache.stream().filter(node -> node.getPath().split("/").length == place.root.split("/").length + 2)
                .forEach(node -> found.put(node.getPath(), text(node)));
            return found.equals(expected);
        });
    }

    private static void persistentWatcher(Place place) throws Exception {
        CuratorFramework writer = place.client();
        BlockingQueue<String> told = watched(place, false);
        writer.create().creatingParentsIfNeeded().forPath(place.root, new byte[0]);
        Place.checkEquals(EventType.NodeCreated + " " + place.root, Place.next(told));
        for (int i = 0; i < 3; i++) {
            writer.setData().forPath(place.root, new byte[0]);
            Place.checkEquals(EventType.NodeDataChanged + " " + place.root, Place.next(told));
        }
        writer.create().forPath(place.root + "/child");
        Place.checkEquals(EventType.NodeChildrenChanged + " " + place.root, Place.next(told));
    }

    private static void persistentWatcherRecursive(Place place) throws Exception {
        CuratorFramework writer = place.client();
        BlockingQueue<String> told = watched(place, true);
        writer.create().creatingParentsIfNeeded().forPath(place.root + "/a/b", new byte[0]);
        for (String path : new String[] {"", "/a", "/a/b"}) {
            Place.checkEquals(EventType.NodeCreated + " " + place.root + path, Place.next(told));
        }
        writer.delete().forPath(place.root + "/a/b");
        Place.checkEquals(EventType.NodeDeleted + " " + place.root + "/a/b", Place.next(told));
    }

    /** Events of a watcher whose watch is set. */
    private static BlockingQueue<String> watched(Place place, boolean recursive) throws Exception {
        PersistentWatcher watcher = place.keep(new PersistentWatcher(place.client(), place.root, recursive));
        BlockingQueue<String> told = new LinkedBlockingQueue<>();
        BlockingQueue<String> set = new LinkedBlockingQueue<>();
        watcher.getListenable().addListener(event -> told.add(event.getType() + " " + event.getPath()));
        watcher.getResetListenable().addListener(() -> set.add("yes"));
        watcher.start();
        Place.next(set);
        return told;
    }

    private static String text(ChildData node) {
        return new String(node.getData());
    }
}
