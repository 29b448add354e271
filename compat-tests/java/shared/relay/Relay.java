package relay;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A loopback relay to the first server of a connect string: cut, it drops its connections and every new one, until it is mended. */
public final class Relay implements AutoCloseable {
    private final ServerSocket door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final int target;
    private boolean whole = true;

    public Relay(String servers) throws IOException {
        String first = servers.split(",")[0];
        target = Integer.parseInt(first.substring(first.lastIndexOf(':') + 1));
        start(this::accept);
    }

    public String address() {
        return "127.0.0.1:" + door.getLocalPort();
    }

    public synchronized void cut() throws IOException {
        whole = false;
        for (Socket socket : open) {
            socket.close();
        }
    }

    public synchronized void mend() {
        whole = true;
    }

    @Override
    public void close() throws IOException {
        door.close();
        cut();
    }

    private void accept() {
        try {
            for (;;) {
                Socket near = door.accept();
                near.setTcpNoDelay(true);
                join(near);
            }
        } catch (IOException closed) {
            // The door is closed.
        }
    }

    private synchronized void join(Socket near) throws IOException {
        if (!whole) {
            near.close();
            return;
        }
        Socket far = new Socket(InetAddress.getLoopbackAddress(), target);
        far.setTcpNoDelay(true);
        open.add(near);
        open.add(far);
        start(() -> pass(near, far));
        start(() -> pass(far, near));
    }

    private void pass(Socket from, Socket to) {
        try (from; to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] bytes = new byte[65_536];
            for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
                out.write(bytes, 0, count);
            }
        } catch (IOException cut) {
            // One end is gone; so is the other now.
        } finally {
            open.remove(from);
            open.remove(to);
        }
    }

    private static void start(Runnable work) {
        Thread thread = new Thread(work);
        thread.setDaemon(true);
        thread.start();
    }
}
