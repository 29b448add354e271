package tour;

import static tour.Checks.OPEN;
import static tour.Checks.WAIT_MS;
import static tour.Checks.again;
import static tour.Checks.bytes;
import static tour.Checks.check;
import static tour.Checks.checkEquals;
import static tour.Checks.checkEvent;
import static tour.Checks.refused;
import static tour.Checks.text;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import relay.Relay;

/** Sessions, their ephemerals, and who they are. */
final class SessionStops {
    private SessionStops() {}

    static void addTo(Map<String, ClientTour.Stop> stops) {
        stops.put("ephemerals", SessionStops::ephemerals);
        stops.put("resume", SessionStops::resume);
        stops.put("expiry", SessionStops::expiry);
        stops.put("timeouts", SessionStops::timeouts);
        stops.put("acls", SessionStops::acls);
        stops.put("authFailure", SessionStops::authFailure);
    }

    private static void ephemerals(String root) throws Exception {
        try (Handle watching = new Handle(ClientTour.servers)) {
            try (Handle handle = new Handle(ClientTour.servers)) {
                handle.zk.create(root + "/e", null, OPEN, CreateMode.EPHEMERAL);
                handle.zk.create(root + "/f", null, OPEN, CreateMode.EPHEMERAL);
                checkEquals(handle.zk.getSessionId(), handle.zk.exists(root + "/e", false).getEphemeralOwner());
                checkEquals(2, handle.zk.getEphemerals(root).size());
                watching.caughtUp();
                check(watching.zk.exists(root + "/e", watching) != null, "others see it");
                watching.zk.getChildren(root, watching);
            }
            Map<EventType, String> seen = new LinkedHashMap<>();
            for (int i = 0; i < 2; i++) {
                WatchedEvent event = watching.next();
                seen.put(event.getType(), event.getPath());
            }
            checkEquals(root + "/e", seen.get(EventType.NodeDeleted));
            checkEquals(root, seen.get(EventType.NodeChildrenChanged));
            watching.caughtUp();
            checkEquals(0, watching.zk.getChildren(root, false).size());
        }
    }

    private static void resume(String root) throws Exception {
        try (Relay relay = new Relay(ClientTour.servers); Handle first = new Handle(relay.address())) {
            first.zk.create(root + "/e", null, OPEN, CreateMode.EPHEMERAL);
            long id = first.zk.getSessionId();
            byte[] password = first.zk.getSessionPasswd();
            relay.cut();
            first.state(KeeperState.Disconnected);
            try (Handle second = new Handle(ClientTour.servers, id, password)) {
                checkEquals(id, second.zk.getSessionId());
                checkEquals(id, second.zk.exists(root + "/e", false).getEphemeralOwner());
                byte[] wrong = password.clone();
                wrong[3] ^= 1;
                BlockingQueue<KeeperState> states = new LinkedBlockingQueue<>();
                ZooKeeper thief = new ZooKeeper(ClientTour.servers, 10_000, event -> states.add(event.getState()), id, wrong);
                checkEquals(KeeperState.Expired, states.poll(WAIT_MS, TimeUnit.MILLISECONDS));
                thief.close();
                // 3.9.5 cuts the owner's connection before it looks at the stranger's password; the session survives it.
                again(() -> second.zk.setData(root + "/e", bytes("still mine"), -1));
            }
            try (Handle after = new Handle(ClientTour.servers)) {
                check(after.zk.exists(root + "/e", false) == null, "a closed session left its node");
            }
        }
    }

    private static void expiry(String root) throws Exception {
        try (Relay relay = new Relay(ClientTour.servers); Handle dying = new Handle(relay.address(), 2_000); Handle watching = new Handle(ClientTour.servers)) {
            dying.zk.create(root + "/e", null, OPEN, CreateMode.EPHEMERAL);
            int timeout = dying.zk.getSessionTimeout();
            watching.caughtUp();
            check(watching.zk.exists(root + "/e", watching) != null, "it is there");
            long cut = System.nanoTime();
            relay.cut();
            checkEvent(watching.next(), EventType.NodeDeleted, root + "/e", null);
            long tookMs = (System.nanoTime() - cut) / 1_000_000;
            // The last touch may have been a ping a third of the time-out before the cut.
            check(tookMs > timeout / 3 && tookMs < timeout + 10_000, "expired after " + tookMs + " ms of " + timeout);
            relay.mend();
            dying.state(KeeperState.Expired);
            refused(Code.SESSIONEXPIRED, () -> dying.zk.exists(root, false));
        }
    }

    private static void timeouts(String root) throws Exception {
        try (Handle least = new Handle(ClientTour.servers, 500); Handle most = new Handle(ClientTour.servers, 3_600_000); Handle asked = new Handle(ClientTour.servers, 5_000)) {
            checkEquals(least.zk.getSessionTimeout() * 10, most.zk.getSessionTimeout());
            checkEquals(5_000, asked.zk.getSessionTimeout());
        }
    }

    private static void acls(String root) throws Exception {
        try (Handle mine = new Handle(ClientTour.servers); Handle other = new Handle(ClientTour.servers)) {
            refused(Code.INVALIDACL, () -> mine.zk.create(root + "/n", null, Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT));
            mine.zk.addAuthInfo("digest", bytes("user:secret"));
            mine.zk.create(root + "/n", bytes("n"), Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT);
            checkEquals("digest", mine.zk.getACL(root + "/n", null).get(0).getId().getScheme());
            other.caughtUp();
            refused(Code.NOAUTH, () -> other.zk.getData(root + "/n", false, null));
            refused(Code.NOAUTH, () -> other.zk.exists(root + "/n", false));
            refused(Code.NOAUTH, () -> other.zk.setData(root + "/n", null, -1));
            refused(Code.NOAUTH, () -> other.zk.create(root + "/n/c", null, OPEN, CreateMode.PERSISTENT));
            refused(Code.NOAUTH, () -> other.zk.getACL(root + "/n", null));
            other.zk.addAuthInfo("digest", bytes("user:wrong"));
            refused(Code.NOAUTH, () -> other.zk.getData(root + "/n", false, null));
            other.zk.addAuthInfo("digest", bytes("user:secret"));
            checkEquals("n", text(other.zk.getData(root + "/n", false, null)));
            List<ACL> readable = Arrays.asList(new ACL(Perms.ALL, new Id("auth", "")), new ACL(Perms.READ, new Id("ip", "127.0.0.0/8")));
            checkEquals(1, mine.zk.setACL(root + "/n", readable, 0).getAversion());
            try (Handle third = new Handle(ClientTour.servers)) {
                third.caughtUp();
                checkEquals("n", text(third.zk.getData(root + "/n", false, null)));
                refused(Code.NOAUTH, () -> third.zk.setData(root + "/n", null, -1));
                checkEquals("user:x", third.zk.getACL(root + "/n", null).get(0).getId().getId());
                check(third.zk.exists(root + "/closed", third) == null, "not yet");
                mine.zk.create(root + "/closed", null, Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT);
                third.caughtUp();
                checkEquals(null, third.events.poll());
            }
        }
    }

    private static void authFailure(String root) throws Exception {
        try (Handle handle = new Handle(ClientTour.servers)) {
            handle.zk.addAuthInfo("nobody", bytes("x"));
            handle.state(KeeperState.AuthFailed);
            refused(Code.AUTHFAILED, () -> handle.zk.exists(root, false));
        }
    }
}
