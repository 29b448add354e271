import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.data.Stat;
import relay.Relay;

/**
 * What any client since 3.4.0 can do, written down: prints what was asked and what was answered, line by line, without times and ids of
 * sessions, zxids counted from the first. So the lines of two servers can be compared.
 *
 * Arguments: port of a server on the loopback; the node to work below, absent until now.
 */
public final class OldClient {
    private static final int WAIT_MS = 20_000;
    private static final List<ACL> OPEN = Ids.OPEN_ACL_UNSAFE;

    private static String server;

    private interface Ask {
        Object answer() throws Exception;
    }

    public static void main(String[] args) throws Exception {
        server = "127.0.0.1:" + args[0];
        Handle handle = new Handle(server);
        say("create", () -> handle.zk.create(args[1], null, OPEN, CreateMode.PERSISTENT));
        nodes(handle, args[1]);
        refusals(handle, args[1]);
        transactions(handle, args[1]);
        acls(handle, args[1]);
        ephemerals(handle, args[1]);
        watches(handle, args[1]);
        pipeline(handle, args[1]);
        resume(args[1]);
        handle.zk.close();
        System.out.println("end");
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }

    private static void nodes(Handle handle, String root) throws Exception {
        ZooKeeper zk = handle.zk;
        say("create", () -> zk.create(root + "/a", bytes("one"), OPEN, CreateMode.PERSISTENT));
        say("create null", () -> zk.create(root + "/null", null, OPEN, CreateMode.PERSISTENT));
        say("create empty", () -> zk.create(root + "/empty", new byte[0], OPEN, CreateMode.PERSISTENT));
        say("exists", () -> zk.exists(root + "/a", false));
        say("exists, absent", () -> zk.exists(root + "/x", false));
        say("setData", () -> zk.setData(root + "/a", bytes("second"), 0));
        Stat stat = new Stat();
        say("getData", () -> zk.getData(root + "/a", false, stat));
        say("its stat", () -> stat);
        say("getData null", () -> zk.getData(root + "/null", false, null));
        say("getData empty", () -> zk.getData(root + "/empty", false, null));
        say("getChildren", () -> zk.getChildren(root, false));
        say("getChildren2", () -> zk.getChildren(root, false, stat));
        say("its stat", () -> stat);
        say("sequential", () -> zk.create(root + "/s-", null, OPEN, CreateMode.PERSISTENT_SEQUENTIAL));
        say("delete", () -> {
            zk.delete(root + "/null", 0);
            return zk.exists(root, false);
        });
        say("large", () -> {
            zk.create(root + "/large", new byte[900_000], OPEN, CreateMode.PERSISTENT);
            return zk.getData(root + "/large", false, null).length;
        });
        say("beyond ASCII", () -> zk.create(root + "/caf\u00e9 \u6f22", null, OPEN, CreateMode.PERSISTENT));
    }

    private static void refusals(Handle handle, String root) throws Exception {
        ZooKeeper zk = handle.zk;
        say("create again", () -> zk.create(root + "/a", null, OPEN, CreateMode.PERSISTENT));
        say("create without a parent", () -> zk.create(root + "/x/y", null, OPEN, CreateMode.PERSISTENT));
        say("delete with a child", () -> {
            zk.delete(root, -1);
            return null;
        });
        say("setData of another version", () -> zk.setData(root + "/a", null, 7));
        say("getData, absent", () -> zk.getData(root + "/x", false, null));
        say("getACL, absent", () -> zk.getACL(root + "/x", new Stat()));
        say("bad ACL", () -> zk.create(root + "/x", null, Collections.singletonList(new ACL(Perms.ALL, new Id("none", "x"))), CreateMode.PERSISTENT));
    }

    private static void transactions(Handle handle, String root) throws Exception {
        ZooKeeper zk = handle.zk;
        say("multi", () -> zk.multi(Arrays.asList(
            Op.check(root + "/a", 1),
            Op.create(root + "/m", bytes("m"), OPEN, CreateMode.PERSISTENT),
            Op.create(root + "/m/s-", null, OPEN, CreateMode.EPHEMERAL_SEQUENTIAL),
            Op.setData(root + "/m", bytes("mm"), 0),
            Op.delete(root + "/empty", -1))));
        say("multi refused", () -> zk.multi(Arrays.asList(
            Op.create(root + "/n", null, OPEN, CreateMode.PERSISTENT), Op.check(root + "/a", 9), Op.delete(root + "/n", -1))));
        say("transaction", () -> zk.transaction().setData(root + "/a", bytes("third"), 1).commit());
    }

    private static void acls(Handle handle, String root) throws Exception {
        Handle owner = new Handle(server);
        owner.zk.addAuthInfo("digest", bytes("bob:secret"));
        say("create for its creator", () -> owner.zk.create(root + "/mine", bytes("x"), Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT));
        say("getACL", () -> owner.zk.getACL(root + "/mine", new Stat()));
        say("getData of a stranger", () -> handle.zk.getData(root + "/mine", false, null));
        say("setACL", () -> owner.zk.setACL(root + "/mine", Ids.READ_ACL_UNSAFE, 0));
        say("getData of a stranger", () -> handle.zk.getData(root + "/mine", false, null));
        say("setData of a stranger", () -> handle.zk.setData(root + "/mine", null, -1));
        owner.zk.close();
    }

    private static void ephemerals(Handle handle, String root) throws Exception {
        Handle shortly = new Handle(server);
        say("ephemeral", () -> shortly.zk.create(root + "/e", null, OPEN, CreateMode.EPHEMERAL));
        say("child of an ephemeral", () -> shortly.zk.create(root + "/e/c", null, OPEN, CreateMode.PERSISTENT));
        say("its stat", () -> handle.zk.exists(root + "/e", handle));
        shortly.zk.close();
        say("event", handle::next);
        say("after its session", () -> handle.zk.exists(root + "/e", false));
    }

    private static void watches(Handle handle, String root) throws Exception {
        Handle writer = new Handle(server);
        String path = root + "/w";
        say("exists", () -> handle.zk.exists(path, handle));
        writer.zk.create(path, null, OPEN, CreateMode.PERSISTENT);
        say("event", handle::next);
        say("getData", () -> handle.zk.getData(path, handle, null));
        writer.zk.setData(path, bytes("x"), -1);
        say("event", handle::next);
        say("getChildren", () -> handle.zk.getChildren(path, handle));
        writer.zk.create(path + "/c", null, OPEN, CreateMode.PERSISTENT);
        say("event", handle::next);
        writer.zk.delete(path + "/c", -1);
        say("getData", () -> handle.zk.getData(path, handle, null));
        say("getChildren", () -> handle.zk.getChildren(path, handle));
        writer.zk.delete(path, -1);
        say("event", handle::next);
        say("no more events", () -> {
            handle.zk.exists(root, false);
            return handle.events.size();
        });
        writer.zk.close();
    }

    /** Many at once, answered in their order. */
    private static void pipeline(Handle handle, String root) throws Exception {
        BlockingQueue<String> answers = new LinkedBlockingQueue<>();
        for (int i = 0; i < 100; i++) {
            handle.zk.create(root + "/p", null, OPEN, CreateMode.EPHEMERAL, (code, path, context, name) -> answers.add(code + " " + context), i);
            handle.zk.exists(root + "/p", false, (code, path, context, stat) -> answers.add(code + " " + context), i);
            handle.zk.delete(root + "/p", -1, (code, path, context) -> answers.add(code + " " + context), i);
        }
        handle.zk.sync(root, (code, path, context) -> answers.add(code + " " + path), null);
        List<String> all = new ArrayList<>();
        for (int i = 0; i < 301; i++) {
            all.add(answers.poll(WAIT_MS, TimeUnit.MILLISECONDS));
        }
        say("in order", () -> all);
    }

    /** The same session over a second connection, with the watches of the first. */
    private static void resume(String root) throws Exception {
        Relay relay = new Relay(server);
        Handle handle = new Handle(relay.address());
        Handle writer = new Handle(server);
        long session = handle.zk.getSessionId();
        handle.zk.create(root + "/kept", null, OPEN, CreateMode.EPHEMERAL);
        for (String name : new String[] {"changed", "gone", "parent", "same"}) {
            writer.zk.create(root + "/" + name, null, OPEN, CreateMode.PERSISTENT);
            handle.zk.getData(root + "/" + name, handle, null);
        }
        handle.zk.exists(root + "/made", handle);
        handle.zk.getChildren(root + "/parent", handle);
        relay.cut();
        handle.state(KeeperState.Disconnected);
        writer.zk.setData(root + "/changed", bytes("x"), -1);
        writer.zk.delete(root + "/gone", -1);
        writer.zk.create(root + "/made", null, OPEN, CreateMode.PERSISTENT);
        writer.zk.create(root + "/parent/child", null, OPEN, CreateMode.PERSISTENT);
        relay.mend();
        handle.state(KeeperState.SyncConnected);
        TreeSet<String> missed = new TreeSet<>();
        for (int i = 0; i < 4; i++) {
            missed.add(handle.next());
        }
        say("missed", () -> missed);
        say("the same session", () -> session == handle.zk.getSessionId());
        say("its ephemeral", () -> writer.zk.exists(root + "/kept", false));
        writer.zk.setData(root + "/same", bytes("x"), -1);
        say("event", handle::next);
        Handle expired = new Handle(server, handle.zk.getSessionId(), new byte[16], KeeperState.Expired);
        say("a wrong password", () -> expired.zk.exists(root, false));
        handle.zk.close();
        writer.zk.close();
        relay.close();
    }

    private static void say(String asked, Ask ask) throws Exception {
        String answer;
        try {
            answer = text(ask.answer());
        } catch (KeeperException refused) {
            answer = refused.code() + (refused.getResults() == null ? "" : " " + text(refused.getResults()));
        }
        System.out.println(asked + ": " + answer);
    }

    private static String text(Object answer) {
        if (answer instanceof byte[]) {
            return "\"" + new String((byte[]) answer) + "\"";
        }
        if (answer instanceof Stat) {
            Stat stat = (Stat) answer;
            return String.format("mzxid %+d pzxid %+d versions %d %d %d %s length %d children %d",
                Long.signum(stat.getMzxid() - stat.getCzxid()), Long.signum(stat.getPzxid() - stat.getMzxid()), stat.getVersion(),
                stat.getCversion(), stat.getAversion(),
                stat.getEphemeralOwner() == 0 ? "persistent" : "ephemeral", stat.getDataLength(), stat.getNumChildren());
        }
        if (answer instanceof OpResult) {
            return answer.getClass().getSimpleName() + " " + detail((OpResult) answer);
        }
        if (answer instanceof List) {
            List<String> texts = new ArrayList<>();
            boolean sorted = false;
            for (Object one : (List<?>) answer) {
                texts.add(text(one));
                sorted |= one instanceof String && !((String) one).contains(" ");
            }
            if (sorted) {
                Collections.sort(texts);
            }
            return texts.toString();
        }
        return String.valueOf(answer).trim();
    }

    private static String detail(OpResult result) {
        if (result instanceof OpResult.CreateResult) {
            return ((OpResult.CreateResult) result).getPath();
        }
        if (result instanceof OpResult.SetDataResult) {
            return text(((OpResult.SetDataResult) result).getStat());
        }
        return result instanceof OpResult.ErrorResult ? String.valueOf(((OpResult.ErrorResult) result).getErr()) : "";
    }

    private static byte[] bytes(String text) {
        return text.getBytes();
    }

    /** A client, with what it was told. */
    private static final class Handle implements Watcher {
        final ZooKeeper zk;
        final BlockingQueue<String> events = new LinkedBlockingQueue<>();
        private final BlockingQueue<KeeperState> states = new LinkedBlockingQueue<>();

        Handle(String server) throws Exception {
            zk = new ZooKeeper(server, 10_000, event -> states.add(event.getState()));
            state(KeeperState.SyncConnected);
        }

        Handle(String server, long session, byte[] password, KeeperState then) throws Exception {
            zk = new ZooKeeper(server, 10_000, event -> states.add(event.getState()), session, password);
            state(then);
        }

        @Override
        public void process(WatchedEvent event) {
            if (event.getType() != EventType.None) {
                events.add(event.getType() + " " + event.getPath());
            }
        }

        String next() throws Exception {
            String event = events.poll(WAIT_MS, TimeUnit.MILLISECONDS);
            if (event == null) {
                throw new IllegalStateException("no event came");
            }
            return event;
        }

        void state(KeeperState wanted) throws Exception {
            for (KeeperState state = null; state != wanted;) {
                state = states.poll(WAIT_MS, TimeUnit.MILLISECONDS);
                if (state == null) {
                    throw new IllegalStateException("never " + wanted);
                }
            }
        }
    }
}
