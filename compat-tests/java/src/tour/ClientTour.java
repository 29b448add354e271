package tour;

import static tour.Checks.OPEN;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.zookeeper.CreateMode;

/**
 * What applications do, with the official client: each stop of the tour below a node of its own, checked as it goes.
 * Prints "ok NAME" or "FAILED NAME: why" for each, and exits with 1 when one failed.
 *
 * Arguments: connect string; the node to work below, created when absent; names of stops; when none is named, all that a server
 * with its defaults can serve.
 */
public final class ClientTour {
    interface Stop {
        void run(String root) throws Exception;
    }

    static String servers;

    private ClientTour() {}

    public static void main(String[] args) throws Exception {
        servers = args[0];
        Map<String, Stop> stops = new LinkedHashMap<>();
        NodeStops.addTo(stops);
        OperationStops.addTo(stops);
        SessionStops.addTo(stops);
        WatchStops.addTo(stops);
        RemovalStops.addTo(stops);
        OrderStops.addTo(stops);
        try (Handle handle = new Handle(servers)) {
            if (handle.zk.exists(args[1], false) == null) {
                handle.zk.create(args[1], null, OPEN, CreateMode.PERSISTENT);
            }
        }
        List<String> names = args.length > 2 ? Arrays.asList(args).subList(2, args.length) : new ArrayList<>(stops.keySet());
        ExtendedStops.addTo(stops);
        boolean failed = false;
        for (String name : names) {
            failed |= !passes(name, stops.get(name), args[1] + "/" + name);
        }
        System.out.flush();
        Runtime.getRuntime().halt(failed ? 1 : 0);
    }

    private static boolean passes(String name, Stop stop, String root) throws Exception {
        try (Handle handle = new Handle(servers)) {
            handle.zk.create(root, null, OPEN, CreateMode.PERSISTENT);
        }
        try {
            stop.run(root);
            System.out.println("ok " + name);
            return true;
        } catch (Throwable error) {
            StackTraceElement at = Arrays.stream(error.getStackTrace())
                .filter(frame -> frame.getClassName().startsWith("tour."))
                .filter(frame -> !frame.getClassName().startsWith("tour.Checks")).findFirst().orElse(null);
            System.out.println("FAILED " + name + ": " + error + " at " + at);
            return false;
        }
    }
}
