import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Curator's recipes, each check below a node of its own. Prints "ok NAME" or "fail NAME: why" for each.
 *
 * Arguments: connect string; the node to work below; names of checks; when none is named, all that a
 * server with its defaults can pass.
 */
public final class CuratorTour {
    private static final Map<String, Place.Check> CHECKS = new LinkedHashMap<>();

    public static void main(String[] args) throws Exception {
        Framework.addTo(CHECKS);
        Locks.addTo(CHECKS);
        Leaders.addTo(CHECKS);
        Barriers.addTo(CHECKS);
        Counters.addTo(CHECKS);
        Queues.addTo(CHECKS);
        Caches.addTo(CHECKS);
        Nodes.addTo(CHECKS);
        Discovery.addTo(CHECKS);
        Sessions.addTo(CHECKS);
        if (args.length > 2) {
            Nodes.addExtendedTo(CHECKS);
        }
        for (Map.Entry<String, Place.Check> check : CHECKS.entrySet()) {
            if (args.length == 2 || Arrays.asList(args).subList(2, args.length).contains(check.getKey())) {
                System.out.println(outcome(check.getKey(), check.getValue(), new Place(args[0], args[1] + "/" + check.getKey())));
            }
        }
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }

    private static String outcome(String name, Place.Check check, Place place) {
        try (place) {
            check.run(place);
            return "ok " + name;
        } catch (Throwable error) {
            return "fail " + name + ": " + Place.why(error);
        }
    }
}
