import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.api.CuratorEvent;
import org.apache.curator.framework.api.transaction.CuratorTransactionResult;
import org.apache.curator.framework.api.transaction.OperationType;
import org.apache.curator.retry.RetryOneTime;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.Stat;

/** The builders that recipes and applications are made of. */
final class Framework {
    private Framework() {}

    static void addTo(Map<String, Place.Check> checks) {
        checks.put("creates", Framework::creates);
        checks.put("idempotence", Framework::idempotence);
        checks.put("reads", Framework::reads);
        checks.put("deletes", Framework::deletes);
        checks.put("acls", Framework::acls);
        checks.put("namespaces", Framework::namespaces);
        checks.put("background", Framework::background);
        checks.put("watchers", Framework::watchers);
        checks.put("transactions", Framework::transactions);
        checks.put("transactionsRefused", Framework::transactionsRefused);
        checks.put("configuration", Framework::configuration);
    }

    private static void creates(Place place) throws Exception {
        CuratorFramework client = place.client();
        Stat stat = new Stat();
        client.create().storingStatIn(stat).creatingParentContainersIfNeeded().forPath(place.root + "/a/b", "x".getBytes());
        Place.checkEquals(stat, client.checkExists().forPath(place.root + "/a/b"));
        String made = client.create().withProtection().withMode(CreateMode.EPHEMERAL_SEQUENTIAL).forPath(place.root + "/p-");
        Place.check(made.matches(".*/_c_[0-9a-f-]{36}-p-\\d{10}"), made);
        client.create().orSetData().forPath(place.root + "/a/b", "y".getBytes());
        Place.checkEquals("y", new String(client.getData().forPath(place.root + "/a/b")));
        client.create().compressed().forPath(place.root + "/zip", new byte[100_000]);
        Place.check(client.getData().forPath(place.root + "/zip").length < 1_000, "not compressed");
        Place.checkEquals(100_000, client.getData().decompressed().forPath(place.root + "/zip").length);
        Place.refused(KeeperException.NodeExistsException.class, () -> client.create().forPath(place.root + "/zip"));
        Place.refused(KeeperException.NoNodeException.class, () -> client.create().forPath(place.root + "/no/parent"));
    }

    private static void idempotence(Place place) throws Exception {
        CuratorFramework client = place.client();
        client.create().idempotent().creatingParentsIfNeeded().forPath(place.root, "x".getBytes());
        client.create().idempotent().forPath(place.root, "x".getBytes());
        Place.refused(KeeperException.NodeExistsException.class, () -> client.create().idempotent().forPath(place.root, "y".getBytes()));
        client.setData().idempotent().withVersion(0).forPath(place.root, "z".getBytes());
        client.setData().idempotent().withVersion(0).forPath(place.root, "z".getBytes());
        Place.refused(KeeperException.BadVersionException.class, () -> client.setData().idempotent().withVersion(0).forPath(place.root, "w".getBytes()));
        client.delete().idempotent().forPath(place.root);
        client.delete().idempotent().forPath(place.root);
    }

    private static void reads(Place place) throws Exception {
        CuratorFramework client = place.client();
        client.checkExists().creatingParentsIfNeeded().forPath(place.root + "/parents/only");
        Place.checkEquals(null, client.checkExists().forPath(place.root + "/parents/only"));
        client.create().forPath(place.root + "/parents/one", "1".getBytes());
        client.create().forPath(place.root + "/parents/two", "2".getBytes());
        Stat stat = new Stat();
        Place.checkEquals(new TreeSet<>(Arrays.asList("one", "two")),
            new TreeSet<>(client.getChildren().storingStatIn(stat).forPath(place.root + "/parents")));
        Place.checkEquals(2, stat.getNumChildren());
        Place.checkEquals("1", new String(client.getData().storingStatIn(stat).forPath(place.root + "/parents/one")));
        client.sync().forPath(place.root);
    }

    private static void deletes(Place place) throws Exception {
        CuratorFramework client = place.client();
        client.create().creatingParentsIfNeeded().forPath(place.root + "/a/b/c");
        Place.refused(KeeperException.NotEmptyException.class, () -> client.delete().forPath(place.root + "/a"));
        Place.refused(KeeperException.BadVersionException.class, () -> client.delete().withVersion(3).forPath(place.root + "/a/b/c"));
        client.delete().guaranteed().deletingChildrenIfNeeded().forPath(place.root + "/a");
        client.delete().quietly().forPath(place.root + "/a");
        Place.refused(KeeperException.NoNodeException.class, () -> client.delete().forPath(place.root + "/a"));
    }

    private static void acls(Place place) throws Exception {
        CuratorFramework owner = place.keep(CuratorFrameworkFactory.builder().connectString(place.servers())
            .retryPolicy(new RetryOneTime(1)).authorization("digest", "bob:secret".getBytes()).build());
        owner.start();
        CuratorFramework other = place.client();
        other.create().creatingParentsIfNeeded().forPath(place.root);
        owner.create().withACL(ZooDefs.Ids.CREATOR_ALL_ACL).forPath(place.root + "/mine", "x".getBytes());
        Place.caughtUp(other);
        Place.refused(KeeperException.NoAuthException.class, () -> other.getData().forPath(place.root + "/mine"));
        owner.setACL().withACL(ZooDefs.Ids.READ_ACL_UNSAFE).forPath(place.root + "/mine");
        Place.caughtUp(other);
        Place.checkEquals("x", new String(other.getData().forPath(place.root + "/mine")));
        Place.checkEquals(ZooDefs.Ids.READ_ACL_UNSAFE, other.getACL().forPath(place.root + "/mine"));
        Place.refused(KeeperException.NoAuthException.class, () -> other.setData().forPath(place.root + "/mine"));
    }

    private static void namespaces(Place place) throws Exception {
        CuratorFramework client = place.client();
        CuratorFramework inside = client.usingNamespace(place.root.substring(1));
        inside.create().forPath("/a", "x".getBytes());
        Place.checkEquals("x", new String(client.getData().forPath(place.root + "/a")));
        Place.checkEquals(1, inside.getChildren().forPath("/").size());
    }

    private static void background(Place place) throws Exception {
        CuratorFramework client = place.client();
        BlockingQueue<CuratorEvent> events = new LinkedBlockingQueue<>();
        client.create().creatingParentsIfNeeded().inBackground((from, event) -> events.add(event)).forPath(place.root, "x".getBytes());
        Place.checkEquals(0, Place.next(events).getResultCode());
        for (int i = 0; i < 200; i++) {
            client.setData().inBackground((from, event) -> events.add(event), i).forPath(place.root, new byte[i]);
        }
        for (int i = 0; i < 200; i++) {
            CuratorEvent event = Place.next(events);
            Place.checkEquals(i, event.getContext());
            Place.checkEquals(i + 1, event.getStat().getVersion());
        }
        client.delete().inBackground((from, event) -> events.add(event)).forPath(place.root + "/none");
        Place.checkEquals(KeeperException.Code.NONODE.intValue(), Place.next(events).getResultCode());
    }

    private static void watchers(Place place) throws Exception {
        CuratorFramework client = place.client();
        CuratorFramework writer = place.client();
        BlockingQueue<String> told = new LinkedBlockingQueue<>();
        Watcher watcher = event -> told.add(event.getType() + " " + event.getPath());
        client.create().creatingParentsIfNeeded().forPath(place.root);
        client.watchers().add().withMode(AddWatchMode.PERSISTENT_RECURSIVE).usingWatcher(watcher).forPath(place.root);
        writer.create().creatingParentsIfNeeded().forPath(place.root + "/a/b");
        Place.checkEquals("NodeCreated " + place.root + "/a", Place.next(told));
        Place.checkEquals("NodeCreated " + place.root + "/a/b", Place.next(told));
        client.watchers().remove(watcher).forPath(place.root);
        Place.checkEquals("PersistentWatchRemoved " + place.root, Place.next(told));
        client.getData().usingWatcher(watcher).forPath(place.root + "/a");
        client.getChildren().usingWatcher(watcher).forPath(place.root + "/a");
        writer.setData().forPath(place.root + "/a", new byte[0]);
        Place.checkEquals("NodeDataChanged " + place.root + "/a", Place.next(told));
        client.watchers().removeAll().ofType(Watcher.WatcherType.Children).forPath(place.root + "/a");
        Place.checkEquals("ChildWatchRemoved " + place.root + "/a", Place.next(told));
        Place.refused(KeeperException.NoWatcherException.class, () -> client.watchers().removeAll().forPath(place.root + "/a"));
    }

    private static void transactions(Place place) throws Exception {
        CuratorFramework client = place.client();
        client.create().creatingParentsIfNeeded().forPath(place.root, "x".getBytes());
        Collection<CuratorTransactionResult> results = client.transaction().forOperations(
            client.transactionOp().check().withVersion(0).forPath(place.root),
            client.transactionOp().create().withMode(CreateMode.PERSISTENT_SEQUENTIAL).forPath(place.root + "/s-", "s".getBytes()),
            client.transactionOp().create().withMode(CreateMode.CONTAINER).forPath(place.root + "/box"),
            client.transactionOp().create().withMode(CreateMode.EPHEMERAL).forPath(place.root + "/e", "e".getBytes()),
            client.transactionOp().setData().withVersion(0).forPath(place.root, "y".getBytes()),
            client.transactionOp().delete().forPath(place.root + "/box"));
        Iterator<CuratorTransactionResult> each = results.iterator();
        Place.checkEquals(OperationType.CHECK, each.next().getType());
        Place.checkEquals(place.root + "/s-0000000000", each.next().getResultPath());
        Place.checkEquals(place.root + "/box", each.next().getForPath());
        Place.checkEquals(OperationType.CREATE, each.next().getType());
        Place.checkEquals(1, each.next().getResultStat().getVersion());
        Place.checkEquals(OperationType.DELETE, each.next().getType());
        Place.checkEquals(2, client.getChildren().forPath(place.root).size());
    }

    private static void transactionsRefused(Place place) throws Exception {
        CuratorFramework client = place.client();
        client.create().creatingParentsIfNeeded().forPath(place.root);
        KeeperException error = Place.refused(KeeperException.BadVersionException.class, () -> client.transaction().forOperations(
            client.transactionOp().create().forPath(place.root + "/a"),
            client.transactionOp().setData().withVersion(9).forPath(place.root, "y".getBytes()),
            client.transactionOp().delete().forPath(place.root + "/a")));
        Place.checkEquals(3, error.getResults().size());
        Place.checkEquals(0, client.getChildren().forPath(place.root).size());
        BlockingQueue<CuratorEvent> events = new LinkedBlockingQueue<>();
        client.transaction().inBackground((from, event) -> events.add(event)).forOperations(
            client.transactionOp().create().forPath(place.root + "/b"), client.transactionOp().check().forPath(place.root + "/none"));
        CuratorEvent event = Place.next(events);
        Place.checkEquals(KeeperException.Code.NONODE.intValue(), event.getResultCode());
        Place.checkEquals(KeeperException.Code.NONODE.intValue(), event.getOpResults().get(1).getError());
    }

    /** Curator reads the ensemble from the configuration node and must not lose the servers it was given. */
    private static void configuration(Place place) throws Exception {
        CuratorFramework client = place.client();
        Place.check(client.getConfig().forEnsemble() != null, "no configuration");
        Stat stat = new Stat();
        client.getConfig().storingStatIn(stat).forEnsemble();
        Place.checkEquals(client.checkExists().forPath("/zookeeper/config"), stat);
        Place.checkEquals(place.servers(), client.getZookeeperClient().getCurrentConnectionString());
    }
}
