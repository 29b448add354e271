import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.nodes.GroupMember;
import org.apache.curator.framework.recipes.nodes.PersistentNode;
import org.apache.curator.framework.recipes.nodes.PersistentTtlNode;
import org.apache.curator.utils.ZKPaths;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.data.Stat;

/** Nodes that come back. */
final class Nodes {
    private Nodes() {}

    static void addTo(Map<String, Place.Check> checks) {
        for (CreateMode mode : new CreateMode[] {CreateMode.PERSISTENT, CreateMode.PERSISTENT_SEQUENTIAL, CreateMode.EPHEMERAL,
            CreateMode.EPHEMERAL_SEQUENTIAL, CreateMode.CONTAINER}) {
            checks.put("persistentNode " + mode, place -> persistentNode(place, mode, false));
            checks.put("persistentNode protected " + mode, place -> persistentNode(place, mode, true));
        }
        checks.put("persistentNodeOfClosedSession", Nodes::persistentNodeOfClosedSession);
        checks.put("ttlNodesRefused", Nodes::ttlNodesRefused);
        checks.put("groupMember", Nodes::groupMember);
    }

    /** Of a server with extended types, which looks at its containers several times a second. */
    static void addExtendedTo(Map<String, Place.Check> checks) {
        checks.put("persistentTtlNode", Nodes::persistentTtlNode);
        checks.put("containerParents", Nodes::containerParents);
    }

    private static void persistentNode(Place place, CreateMode mode, boolean withProtection) throws Exception {
        CuratorFramework client = place.client();
        String path = place.root.replace(' ', '-') + "/node";
        PersistentNode node = place.keep(new PersistentNode(client, mode, withProtection, path, "data".getBytes()));
        node.start();
        Place.check(node.waitForInitialCreate(Place.WAIT_MS, TimeUnit.MILLISECONDS), "never made");
        Stat stat = client.checkExists().forPath(node.getActualPath());
        Place.checkEquals(mode.isEphemeral(), stat.getEphemeralOwner() != 0);
        Place.checkEquals(mode.isSequential(), node.getActualPath().matches(".*\\d{10}"));
        CuratorFramework other = place.client();
        other.delete().forPath(node.getActualPath());
        Place.until("there again", () -> {
            Stat now = client.checkExists().forPath(node.getActualPath());
            return now != null && now.getCzxid() > stat.getCzxid();
        });
        node.setData("new data".getBytes());
        Place.until("written", () -> new String(other.getData().forPath(node.getActualPath())).equals("new data"));
        String last = node.getActualPath();
        node.close();
        Place.checkEquals(null, Place.caughtUp(other).checkExists().forPath(last));
    }

    private static void persistentNodeOfClosedSession(Place place) throws Exception {
        CuratorFramework client = place.client();
        PersistentNode node = place.keep(new PersistentNode(client, CreateMode.EPHEMERAL, false, place.root, "data".getBytes()));
        node.start();
        Place.check(node.waitForInitialCreate(Place.WAIT_MS, TimeUnit.MILLISECONDS), "never made");
        long before = client.getZookeeperClient().getZooKeeper().getSessionId();
        Sessions.endSession(place, client);
        CuratorFramework other = place.client();
        Place.until("there again, of another session", () -> {
            Stat stat = other.checkExists().forPath(place.root);
            return stat != null && stat.getEphemeralOwner() != before;
        });
    }

    /** A server whose extended types are off, as they are by default. */
    private static void ttlNodesRefused(Place place) throws Exception {
        CuratorFramework client = place.client();
        client.create().creatingParentsIfNeeded().forPath(place.root);
        Place.refused(KeeperException.UnimplementedException.class,
            () -> client.create().withTtl(1_000).withMode(CreateMode.PERSISTENT_WITH_TTL).forPath(place.root + "/ttl"));
        Place.checkEquals(0, client.getChildren().forPath(place.root).size());
    }

    private static void persistentTtlNode(Place place) throws Exception {
        CuratorFramework client = place.client();
        PersistentTtlNode node = new PersistentTtlNode(client, place.root, 1_000, "data".getBytes());
        node.start();
        Place.check(node.waitForInitialCreate(Place.WAIT_MS, TimeUnit.MILLISECONDS), "never made");
        Stat stat = client.checkExists().forPath(place.root);
        String touched = ZKPaths.makePath(place.root, PersistentTtlNode.DEFAULT_CHILD_NODE_NAME);
        Place.until("touched", () -> client.checkExists().forPath(touched) != null);
        Thread.sleep(3_000);
        Place.checkEquals(stat.getCzxid(), client.checkExists().forPath(place.root).getCzxid());
        node.close();
        Place.until("gone", () -> client.checkExists().forPath(place.root) == null);
    }

    /** The parents that recipes make go when their last child goes. */
    private static void containerParents(Place place) throws Exception {
        CuratorFramework client = place.client();
        client.create().creatingParentContainersIfNeeded().withMode(CreateMode.EPHEMERAL).forPath(place.root + "/a/b/c");
        Place.check(client.checkExists().forPath(place.root + "/a") != null, "no parent");
        client.delete().forPath(place.root + "/a/b/c");
        Place.until("the containers are gone", () -> client.checkExists().forPath(place.root + "/a") == null);
    }

    private static void groupMember(Place place) throws Exception {
        GroupMember first = place.keep(new GroupMember(place.client(), place.root, "first", "1".getBytes()));
        first.start();
        GroupMember second = new GroupMember(place.client(), place.root, "second", "2".getBytes());
        second.start();
        Place.until("two", () -> first.getCurrentMembers().size() == 2 && second.getCurrentMembers().size() == 2);
        second.setThisData("new".getBytes());
        Place.until("the first sees it", () -> new String(first.getCurrentMembers().get("second")).equals("new"));
        second.close();
        Place.until("alone", () -> first.getCurrentMembers().keySet().equals(java.util.Collections.singleton("first")));
    }
}
