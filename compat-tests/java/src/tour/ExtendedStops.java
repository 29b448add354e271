package tour;

import static tour.Checks.OPEN;
import static tour.Checks.WAIT_MS;
import static tour.Checks.bytes;
import static tour.Checks.check;
import static tour.Checks.checkEquals;
import static tour.Checks.refused;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.StatsTrack;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.cli.SetQuotaCommand;
import org.apache.zookeeper.data.Stat;

/** What a server does when it is asked to: extended types on, quotas enforced, and containers looked at several times a second. */
final class ExtendedStops {
    private ExtendedStops() {}

    static void addTo(Map<String, ClientTour.Stop> stops) {
        stops.put("ttl", ExtendedStops::ttl);
        stops.put("ttlOfUsedNodes", ExtendedStops::ttlOfUsedNodes);
        stops.put("containers", ExtendedStops::containers);
        stops.put("quotaOfCount", ExtendedStops::quotaOfCount);
        stops.put("quotaOfBytes", ExtendedStops::quotaOfBytes);
    }

    private static void gone(Handle handle, String path) throws Exception {
        for (long end = System.nanoTime() + WAIT_MS * 1_000_000L; handle.zk.exists(path, false) != null; Thread.sleep(20)) {
            check(System.nanoTime() < end, path + " is still there");
        }
    }

    private static void ttl(String root) throws Exception {
        try (Handle handle = new Handle(ClientTour.servers)) {
            Stat stat = new Stat();
            handle.zk.create(root + "/a", bytes("x"), OPEN, CreateMode.PERSISTENT_WITH_TTL, stat, 500);
            checkEquals(0L, stat.getEphemeralOwner());
            checkEquals(stat, handle.zk.exists(root + "/a", handle));
            String name = handle.zk.create(root + "/s-", null, OPEN, CreateMode.PERSISTENT_SEQUENTIAL_WITH_TTL, stat, 100_000);
            checkEquals(root + "/s-0000000001", name);
            List<OpResult> results = handle.zk.multi(Arrays.asList(Op.create(root + "/m", null, OPEN, CreateMode.PERSISTENT_WITH_TTL, 500)));
            check(((OpResult.CreateResult) results.get(0)).getStat() != null, "a Stat in the reply");
            checkEquals(EventType.NodeDeleted, handle.next().getType());
            gone(handle, root + "/m");
            check(handle.zk.exists(name, false) != null, "its time is not over");
        }
    }

    /** A write begins the time anew, and a child keeps its parent. */
    private static void ttlOfUsedNodes(String root) throws Exception {
        try (Handle handle = new Handle(ClientTour.servers)) {
            ZooKeeper zk = handle.zk;
            zk.create(root + "/parent", null, OPEN, CreateMode.PERSISTENT_WITH_TTL, new Stat(), 400);
            zk.create(root + "/parent/child", null, OPEN, CreateMode.PERSISTENT);
            zk.create(root + "/written", null, OPEN, CreateMode.PERSISTENT_WITH_TTL, new Stat(), 1_500);
            for (int i = 0; i < 10; i++) {
                Thread.sleep(250);
                zk.setData(root + "/written", bytes("" + i), i);
            }
            check(zk.exists(root + "/parent", false) != null, "a parent is gone");
            zk.delete(root + "/parent/child", -1);
            gone(handle, root + "/parent");
            gone(handle, root + "/written");
        }
    }

    private static void containers(String root) throws Exception {
        try (Handle handle = new Handle(ClientTour.servers)) {
            handle.zk.create(root + "/never", null, OPEN, CreateMode.CONTAINER);
            handle.zk.create(root + "/used", null, OPEN, CreateMode.CONTAINER);
            handle.zk.create(root + "/used/inner", null, OPEN, CreateMode.CONTAINER);
            handle.zk.create(root + "/used/inner/child", null, OPEN, CreateMode.PERSISTENT);
            handle.zk.getChildren(root, handle);
            handle.zk.delete(root + "/used/inner/child", -1);
            checkEquals(EventType.NodeChildrenChanged, handle.next().getType());
            check(handle.zk.exists(root + "/used", false) == null, "a container that is empty again");
            check(handle.zk.exists(root + "/never", false) != null, "a container that was never used");
        }
    }

    private static void quotaOfCount(String root) throws Exception {
        try (Handle handle = new Handle(ClientTour.servers)) {
            StatsTrack limit = new StatsTrack();
            limit.setCountHardLimit(3);
            check(SetQuotaCommand.createQuota(handle.zk, root, limit), "no quota was set");
            handle.zk.create(root + "/a", null, OPEN, CreateMode.PERSISTENT);
            handle.zk.create(root + "/b", null, OPEN, CreateMode.PERSISTENT);
            refused(Code.QUOTAEXCEEDED, () -> handle.zk.create(root + "/c", null, OPEN, CreateMode.PERSISTENT));
            refused(Code.QUOTAEXCEEDED, () -> handle.zk.multi(Arrays.asList(Op.create(root + "/c", null, OPEN, CreateMode.PERSISTENT))));
            handle.zk.delete(root + "/a", -1);
            handle.zk.create(root + "/c", null, OPEN, CreateMode.PERSISTENT);
        }
    }

    private static void quotaOfBytes(String root) throws Exception {
        try (Handle handle = new Handle(ClientTour.servers)) {
            StatsTrack limit = new StatsTrack();
            limit.setByteHardLimit(100);
            check(SetQuotaCommand.createQuota(handle.zk, root, limit), "no quota was set");
            handle.zk.create(root + "/a", new byte[80], OPEN, CreateMode.PERSISTENT);
            refused(Code.QUOTAEXCEEDED, () -> handle.zk.setData(root + "/a", new byte[120], -1));
            handle.zk.setData(root + "/a", new byte[100], -1);
            StatsTrack used = new StatsTrack(handle.zk.getData("/zookeeper/quota" + root + "/zookeeper_stats", false, null));
            checkEquals(100L, used.getBytes());
            checkEquals(2L, used.getCount());
        }
    }
}
