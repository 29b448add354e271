import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.zookeeper.server.ServerCnxn;
import org.apache.zookeeper.server.ServerCnxnFactory;
import org.apache.zookeeper.server.ZooKeeperServer;

/**
 * What a test starts when it means to start a ZooKeeper server in its own JVM: a TypeKeeper process, on the same port and the same data,
 * with the properties that the test has set. ZooKeeper itself loads this class, named by its property zookeeper.serverCnxnFactory.
 *
 * Nothing of the server is in this JVM: a test that looks into it gets an exception, never an empty answer that might satisfy it.
 * The system property typekeeper.main names the program, typekeeper.logs the folder for what it prints.
 */
public final class ServerProcess extends ServerCnxnFactory {
    private static final int WAIT_MS = 20_000;
    private static int started = 0;

    private InetSocketAddress address;
    private int connectionsPerHost;
    private Process process;
    private Thread lastResort;

    @Override
    public void configure(InetSocketAddress asked, int maxcc, int backlog, boolean secure) throws IOException {
        if (secure) {
            throw new UnsupportedOperationException("no secure port through this class");
        }
        // Nothing of a test is for others than this machine.
        String host = asked.getAddress().isAnyLocalAddress() ? "127.0.0.1" : asked.getAddress().getHostAddress();
        address = new InetSocketAddress(host, asked.getPort() == 0 ? freePort() : asked.getPort());
        connectionsPerHost = Math.max(maxcc, 0);
    }

    @Override
    public void startup(ZooKeeperServer like, boolean startServer) throws IOException, InterruptedException {
        String name = "server-" + ++started;
        Path logs = Path.of(System.getProperty("typekeeper.logs"));
        Path config = logs.resolve(name + ".cfg");
        Files.write(config, configOf(like), StandardCharsets.UTF_8);
        ProcessBuilder builder = new ProcessBuilder("node", System.getProperty("typekeeper.main"), config.toString());
        builder.environment().put("SERVER_JVMFLAGS", properties().filter(property -> !property.contains(" "))
            .map(property -> "-D" + property).collect(Collectors.joining(" ")));
        builder.redirectErrorStream(true).redirectOutput(logs.resolve(name + ".log").toFile());
        process = builder.start();
        lastResort = new Thread(process::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(lastResort);
        for (long end = System.nanoTime() + WAIT_MS * 1_000_000L; !answers(); Thread.sleep(10)) {
            if (!process.isAlive() || System.nanoTime() > end) {
                throw new IOException(name + " does not serve:\n" + Files.readString(logs.resolve(name + ".log")));
            }
        }
    }

    private List<String> configOf(ZooKeeperServer like) {
        List<String> lines = new ArrayList<>();
        lines.add("clientPort=" + address.getPort());
        lines.add("clientPortAddress=" + address.getHostString());
        lines.add("maxClientCnxns=" + connectionsPerHost);
        lines.add("tickTime=" + like.getTickTime());
        lines.add("minSessionTimeout=" + like.getMinSessionTimeout());
        lines.add("maxSessionTimeout=" + like.getMaxSessionTimeout());
        lines.add("dataDir=" + aboveVersion(like.getTxnLogFactory().getSnapDir()));
        lines.add("dataLogDir=" + aboveVersion(like.getTxnLogFactory().getDataLogDir()));
        // A flag ends at a blank; a key of the file becomes the same property.
        properties().filter(property -> property.contains(" ")).forEach(
            property -> lines.add(property.substring("zookeeper.".length())));
        return lines;
    }

    private static File aboveVersion(File folder) {
        return folder.getAbsoluteFile().getParentFile();
    }

    /** What a test has set for the server that it starts: NAME=VALUE. */
    private static Stream<String> properties() {
        return System.getProperties().entrySet().stream()
            .filter(entry -> entry.getKey().toString().matches("(zookeeper|jute|znode|readonlymode)\\..*"))
            .filter(entry -> !entry.getKey().equals(ZOOKEEPER_SERVER_CNXN_FACTORY))
            .map(entry -> entry.getKey() + "=" + entry.getValue());
    }

    private boolean answers() {
        try (Socket socket = new Socket()) {
            socket.connect(address, WAIT_MS);
            return true;
        } catch (IOException refused) {
            return false;
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    @Override
    public void shutdown() {
        if (process == null) {
            return;
        }
        process.destroy();
        try {
            if (!process.waitFor(WAIT_MS, TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException("the server does not end");
            }
        } catch (InterruptedException interrupted) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().removeShutdownHook(lastResort);
        process = null;
    }

    @Override
    public void join() throws InterruptedException {
        process.waitFor();
    }

    @Override
    public void start() {}

    @Override
    public int getLocalPort() {
        return address.getPort();
    }

    @Override
    public InetSocketAddress getLocalAddress() {
        return address;
    }

    @Override
    public int getMaxClientCnxnsPerHost() {
        return connectionsPerHost;
    }

    @Override
    public void setMaxClientCnxnsPerHost(int max) {
        connectionsPerHost = max;
    }

    @Override
    public int getSocketListenBacklog() {
        return -1;
    }

    @Override
    public Iterable<ServerCnxn> getConnections() {
        throw elsewhere();
    }

    @Override
    public boolean closeSession(long sessionId, ServerCnxn.DisconnectReason reason) {
        throw elsewhere();
    }

    @Override
    public void reconfigure(InetSocketAddress asked) {
        throw elsewhere();
    }

    @Override
    public void closeAll(ServerCnxn.DisconnectReason reason) {
        throw elsewhere();
    }

    @Override
    public void resetAllConnectionStats() {
        throw elsewhere();
    }

    @Override
    public Iterable<Map<String, Object>> getAllConnectionInfo(boolean brief) {
        throw elsewhere();
    }

    private static UnsupportedOperationException elsewhere() {
        return new UnsupportedOperationException("the server under test is another process");
    }
}
