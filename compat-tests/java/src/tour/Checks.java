package tour;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.data.ACL;

/** What every stop of the tour says. */
final class Checks {
    static final List<ACL> OPEN = Ids.OPEN_ACL_UNSAFE;
    static final int WAIT_MS = 20_000;

    private Checks() {}

    interface Step {
        void run() throws Exception;
    }

    static void refused(Code code, Step step) throws Exception {
        try {
            step.run();
        } catch (KeeperException refusal) {
            checkEquals(code, refusal.code());
            return;
        }
        throw new IllegalStateException("was not refused with " + code);
    }

    /** Tries a step until the handle is connected again. */
    static void again(Step step) throws Exception {
        for (int left = 50; ; left--) {
            try {
                step.run();
                return;
            } catch (KeeperException.ConnectionLossException lost) {
                check(left > 0, "never connected again");
                Thread.sleep(100);
            }
        }
    }

    static void checkEvent(WatchedEvent event, EventType type, String path, Long zxid) {
        checkEquals(type, event.getType());
        checkEquals(path, event.getPath());
        if (zxid != null) {
            checkEquals(zxid, event.getZxid());
        }
    }

    static void checkEquals(Object expected, Object found) {
        boolean equal = expected == null ? found == null : expected.equals(found);
        if (!equal) {
            throw new IllegalStateException("expected " + expected + ", found " + found);
        }
    }

    static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
