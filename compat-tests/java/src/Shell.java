import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import org.apache.zookeeper.ZooKeeperMain;
import org.apache.zookeeper.util.ServiceUtils;

/**
 * Runs commands of the official shell, each as `zkCli.sh -server S COMMAND` would, without a JVM for each. What a command printed
 * comes between a line "> COMMAND" and a line "exit CODE".
 *
 * Arguments: connect string; one argument a command, its words separated by tabs.
 */
public final class Shell {
    private static final class Exit extends RuntimeException {
        final int code;

        Exit(int code) {
            this.code = code;
        }
    }

    /** Keeps what the command's own thread says: a connection's events are another thread's, before, amid or after it. */
    private static final class Words extends ByteArrayOutputStream {
        private final Thread own = Thread.currentThread();

        @Override
        public void write(int b) {
            if (Thread.currentThread() == own) super.write(b);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            if (Thread.currentThread() == own) super.write(bytes, offset, length);
        }
    }

    public static void main(String[] args) throws Exception {
        PrintStream out = System.out;
        // Commands keep the stream that stands there when the first of them is made: one for all, emptied between them.
        Words printed = new Words();
        PrintStream both = new PrintStream(printed, true, "UTF-8");
        System.setOut(both);
        System.setErr(both);
        ServiceUtils.setSystemExitProcedure(code -> {
            throw new Exit(code);
        });
        for (int i = 1; i < args.length; i++) {
            printed.reset();
            String code = "none";
            try {
                String[] words = args[i].split("\t", -1);
                String[] all = new String[words.length + 2];
                all[0] = "-server";
                all[1] = args[0];
                System.arraycopy(words, 0, all, 2, words.length);
                ZooKeeperMain.main(all);
            } catch (Exit exit) {
                code = "" + exit.code;
            }
            both.flush();
            out.println("> " + args[i].replace('\t', ' '));
            String text = printed.toString("UTF-8");
            out.print(text.isEmpty() || text.endsWith("\n") ? text : text + "\n");
            out.println("exit " + code);
        }
        out.flush();
        Runtime.getRuntime().halt(0);
    }

    private Shell() { }
}
