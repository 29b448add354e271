import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.PostDiscoveryFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Runs one class of Apache's test jar, named below org.apache.zookeeper, but for the methods named after it.
 * Prints a line for each test: "ok METHOD" or "fail METHOD: why".
 */
public final class RunTests {
    private static final String PACKAGE = "org.apache.zookeeper.";

    public static void main(String[] args) {
        Set<String> leftOut = new HashSet<>(Arrays.asList(args).subList(1, args.length));
        PostDiscoveryFilter filter = test -> FilterResult.includedIf(!leftOut.contains(methodOf(test.getSource(), "")));
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
            .selectors(selectClass(PACKAGE + args[0]))
            .filters(filter)
            .configurationParameter("junit.jupiter.execution.timeout.default", "100s")
            .build();
        LauncherFactory.create().execute(request, new Printer());
        System.out.flush();
        Runtime.getRuntime().exit(0);
    }

    private static String methodOf(Optional<TestSource> source, String otherwise) {
        return source.filter(MethodSource.class::isInstance).map(method -> ((MethodSource) method).getMethodName()).orElse(otherwise);
    }

    private static final class Printer implements TestExecutionListener {
        @Override
        public void executionSkipped(TestIdentifier test, String reason) {
            System.out.println("fail " + nameOf(test) + ": skipped, " + reason);
        }

        @Override
        public void executionFinished(TestIdentifier test, TestExecutionResult result) {
            boolean passed = result.getStatus() == TestExecutionResult.Status.SUCCESSFUL;
            if (test.isTest() || !passed) {
                System.out.println((passed ? "ok " : "fail ") + nameOf(test) + result.getThrowable().map(Printer::why).orElse(""));
            }
        }

        private static String why(Throwable error) {
            StackTraceElement at = Arrays.stream(error.getStackTrace())
                .filter(frame -> frame.getClassName().startsWith(PACKAGE)).findFirst().orElse(null);
            return ": " + (error + " at " + at).replaceAll("\\s+", " ");
        }

        /** With what was given to it, when a test runs for more than one thing. */
        private static String nameOf(TestIdentifier test) {
            String given = test.getDisplayName().startsWith("[") ? test.getDisplayName().replaceAll("\\s+", "") : "";
            return methodOf(test.getSource(), "(class)") + given;
        }
    }
}
