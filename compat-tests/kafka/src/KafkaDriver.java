import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * What users of Kafka do, with its own clients. Reads commands from standard input, a line each, words apart by tabs; answers each with
 * one line: "ok" and words, or "failed", the exception's class and its message. Words of lists are apart by tabs too.
 *
 * Arguments: properties of the clients, KEY=VALUE.
 */
public final class KafkaDriver {
    private static final int WAIT_MS = 30_000;

    private interface Command {
        List<String> run(String[] words) throws Exception;
    }

    private static final Properties CLIENT = new Properties();
    private static final Map<String, Command> COMMANDS = new TreeMap<>();
    private static Admin admin;
    private static Load load;

    public static void main(String[] args) throws Exception {
        for (String arg : args) {
            CLIENT.put(arg.substring(0, arg.indexOf('=')), arg.substring(arg.indexOf('=') + 1));
        }
        CLIENT.put("request.timeout.ms", "5000");
        CLIENT.put("default.api.timeout.ms", Integer.toString(WAIT_MS));
        CLIENT.put("reconnect.backoff.max.ms", "200");
        admin = Admin.create(CLIENT);
        commands();
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            System.out.println(answer(line.split("\t")));
            System.out.flush();
        }
        Runtime.getRuntime().halt(0);
    }

    private static String answer(String[] words) {
        List<String> answer = new ArrayList<>();
        try {
            answer.add("ok");
            answer.addAll(COMMANDS.get(words[0]).run(words));
        } catch (Throwable error) {
            Throwable cause = error instanceof ExecutionException ? error.getCause() : error;
            answer = Arrays.asList("failed", cause.getClass().getSimpleName(), String.valueOf(cause.getMessage()).replaceAll("\\s+", " "));
        }
        return String.join("\t", answer);
    }

    private static void commands() {
        COMMANDS.put("topics", words -> new ArrayList<>(new TreeMap<>(admin.listTopics().namesToListings().get()).keySet()));
        COMMANDS.put("create", words -> {
            NewTopic topic = new NewTopic(words[1], Integer.parseInt(words[2]), Short.parseShort(words[3]));
            return done(admin.createTopics(Collections.singleton(topic)).all());
        });
        COMMANDS.put("delete", words -> done(admin.deleteTopics(Collections.singleton(words[1])).all()));
        COMMANDS.put("partitions", words -> done(
            admin.createPartitions(Map.of(words[1], NewPartitions.increaseTo(Integer.parseInt(words[2])))).all()));
        COMMANDS.put("describe", words -> describe(words[1]));
        COMMANDS.put("setConfig", words -> {
            AlterConfigOp set = new AlterConfigOp(new ConfigEntry(words[2], words[3]), AlterConfigOp.OpType.SET);
            return done(admin.incrementalAlterConfigs(Map.of(topic(words[1]), List.of(set))).all());
        });
        COMMANDS.put("config", words -> List.of(
            admin.describeConfigs(List.of(topic(words[1]))).all().get().get(topic(words[1])).get(words[2]).value()));
        COMMANDS.put("brokers", words -> admin.describeCluster().nodes().get().stream().map(Node::idString).sorted().collect(Collectors.toList()));
        COMMANDS.put("controller", words -> List.of(admin.describeCluster().controller().get().idString()));
        COMMANDS.put("produce", words -> produce(words[1], Integer.parseInt(words[2]), Integer.parseInt(words[3])));
        COMMANDS.put("consume", words -> consume(words[1]));
        COMMANDS.put("consumeAs", words -> consumeAs(words[1], words[2], Integer.parseInt(words[3])));
        COMMANDS.put("scram", words -> {
            ScramCredentialInfo info = new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096);
            return done(admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion(words[1], info, words[2]))).all());
        });
        COMMANDS.put("users", words -> new ArrayList<>(new TreeMap<>(admin.describeUserScramCredentials().all().get()).keySet()));
        COMMANDS.put("allow", words -> done(admin.createAcls(List.of(acl(words))).all()));
        COMMANDS.put("disallow", words -> {
            AclBinding acl = acl(words);
            return done(admin.deleteAcls(List.of(acl.toFilter())).all());
        });
        COMMANDS.put("acls", words -> admin.describeAcls(AclBindingFilter.ANY).values().get().stream().map(KafkaDriver::spell).sorted()
            .collect(Collectors.toList()));
        COMMANDS.put("startLoad", words -> {
            load = new Load(words[1]);
            load.start();
            return List.of();
        });
        COMMANDS.put("acknowledged", words -> List.of(Integer.toString(load.acknowledged.size())));
        COMMANDS.put("stopLoad", words -> load.end());
    }

    private static List<String> done(Future<?> future) throws Exception {
        future.get();
        return List.of();
    }

    private static ConfigResource topic(String name) {
        return new ConfigResource(ConfigResource.Type.TOPIC, name);
    }

    /** A word a partition: its number, its leader or "none", its replicas and those in sync. */
    private static List<String> describe(String name) throws Exception {
        TopicDescription topic = admin.describeTopics(List.of(name)).allTopicNames().get().get(name);
        List<String> words = new ArrayList<>();
        for (TopicPartitionInfo at : topic.partitions()) {
            String leader = at.leader() == null || at.leader().isEmpty() ? "none" : at.leader().idString();
            words.add(at.partition() + " leader " + leader + " replicas " + ids(at.replicas()) + " isr " + ids(at.isr()));
        }
        return words;
    }

    private static String ids(List<Node> nodes) {
        return nodes.stream().map(Node::idString).sorted().collect(Collectors.joining(","));
    }

    private static AclBinding acl(String[] words) {
        ResourcePattern on = new ResourcePattern(ResourceType.fromString(words[2]), words[3], PatternType.LITERAL);
        return new AclBinding(on, new AccessControlEntry("User:" + words[1], "*", AclOperation.fromString(words[4]), AclPermissionType.ALLOW));
    }

    private static String spell(AclBinding acl) {
        return acl.entry().principal() + " " + acl.entry().permissionType() + " " + acl.entry().operation() + " "
            + acl.pattern().resourceType() + " " + acl.pattern().name();
    }

    private static KafkaProducer<String, String> producer() {
        Properties properties = new Properties();
        properties.putAll(CLIENT);
        properties.put("acks", "all");
        properties.put("enable.idempotence", "false");
        properties.put("delivery.timeout.ms", Integer.toString(WAIT_MS));
        properties.put("max.block.ms", Integer.toString(WAIT_MS));
        return new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer());
    }

    /** Sends the numbers from..from + count - 1 and waits until all brokers in sync have each. */
    private static List<String> produce(String topic, int from, int count) throws Exception {
        try (KafkaProducer<String, String> producer = producer()) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (int i = from; i < from + count; i++) {
                sent.add(producer.send(new ProducerRecord<>(topic, Integer.toString(i), Integer.toString(i))));
            }
            for (Future<RecordMetadata> each : sent) {
                each.get();
            }
        }
        return List.of();
    }

    /** Everything in the topic now, in the order of its numbers. */
    private static List<String> consume(String topic) {
        try (KafkaConsumer<String, String> consumer = consumer("none")) {
            List<TopicPartition> all = consumer.partitionsFor(topic).stream()
                .map(info -> new TopicPartition(topic, info.partition())).collect(Collectors.toList());
            consumer.assign(all);
            consumer.seekToBeginning(all);
            Map<TopicPartition, Long> ends = consumer.endOffsets(all);
            List<String> values = new ArrayList<>();
            long until = System.currentTimeMillis() + WAIT_MS;
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                if (System.currentTimeMillis() > until) {
                    throw new IllegalStateException("only " + values.size() + " records of " + ends);
                }
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
                    values.add(record.value());
                }
            }
            values.sort((a, b) -> Integer.compare(Integer.parseInt(a), Integer.parseInt(b)));
            return values;
        }
    }

    /** The next `count` records that the group has not committed yet; commits them. */
    private static List<String> consumeAs(String group, String topic, int count) {
        try (KafkaConsumer<String, String> consumer = consumer(group)) {
            consumer.subscribe(List.of(topic));
            List<String> values = new ArrayList<>();
            long until = System.currentTimeMillis() + WAIT_MS;
            while (values.size() < count) {
                if (System.currentTimeMillis() > until) {
                    throw new IllegalStateException("only " + values.size() + " of " + count + " records");
                }
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
                    values.add(record.value());
                }
            }
            consumer.commitSync();
            values.sort((a, b) -> Integer.compare(Integer.parseInt(a), Integer.parseInt(b)));
            return values;
        }
    }

    private static KafkaConsumer<String, String> consumer(String group) {
        Properties properties = new Properties();
        properties.putAll(CLIENT);
        properties.put("group.id", group);
        properties.put("auto.offset.reset", "earliest");
        properties.put("enable.auto.commit", "false");
        return new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer());
    }

    /** A producer that sends ever higher numbers without pause, a few hundred a second, and remembers which were acknowledged. */
    private static final class Load extends Thread {
        final ConcurrentSkipListSet<Integer> acknowledged = new ConcurrentSkipListSet<>();
        private final Map<String, String> failures = Collections.synchronizedMap(new LinkedHashMap<>());
        private final String topic;
        private volatile boolean stopped;

        Load(String topic) {
            this.topic = topic;
        }

        @Override
        public void run() {
            try (KafkaProducer<String, String> producer = producer()) {
                for (int n = 0; !stopped; n++) {
                    int number = n;
                    producer.send(new ProducerRecord<>(topic, Integer.toString(n), Integer.toString(n)), (at, error) -> {
                        if (error == null) {
                            acknowledged.add(number);
                        } else {
                            failures.put(error.getClass().getSimpleName(), String.valueOf(error.getMessage()));
                        }
                    });
                    Thread.sleep(3);
                }
            } catch (InterruptedException error) {
                throw new IllegalStateException(error);
            }
        }

        /** The numbers that were acknowledged. */
        List<String> end() throws Exception {
            stopped = true;
            join();
            if (!failures.isEmpty()) {
                System.err.println("failed sends: " + failures);
            }
            return acknowledged.stream().map(n -> Integer.toString(n)).collect(Collectors.toList());
        }
    }
}
