import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.x.discovery.ServiceCache;
import org.apache.curator.x.discovery.ServiceDiscovery;
import org.apache.curator.x.discovery.ServiceDiscoveryBuilder;
import org.apache.curator.x.discovery.ServiceInstance;
import org.apache.curator.x.discovery.ServiceProvider;
import org.apache.curator.x.discovery.details.ServiceCacheListener;
import org.apache.curator.x.discovery.strategies.RoundRobinStrategy;
import org.apache.curator.x.discovery.strategies.StickyStrategy;
import org.apache.zookeeper.data.Stat;

final class Discovery {
    private Discovery() {}

    static void addTo(Map<String, Place.Check> checks) {
        checks.put("discovery", Discovery::discovery);
        checks.put("discoveryUpdated", Discovery::discoveryUpdated);
        checks.put("serviceCache", Discovery::serviceCache);
        checks.put("serviceProvider", Discovery::serviceProvider);
        checks.put("discoveryOfClosedSession", Discovery::discoveryOfClosedSession);
    }

    private static ServiceInstance<String> instance(String id, int port) throws Exception {
        return ServiceInstance.<String>builder().name("shop").id(id).address("127.0.0.1").port(port).payload("of " + id).build();
    }

    private static ServiceDiscovery<String> open(Place place, CuratorFramework client, ServiceInstance<String> own) throws Exception {
        ServiceDiscovery<String> discovery = place.keep(ServiceDiscoveryBuilder.builder(String.class)
            .client(client).basePath(place.root).thisInstance(own).watchInstances(true).build());
        discovery.start();
        return discovery;
    }

    private static void discovery(Place place) throws Exception {
        CuratorFramework client = place.client();
        CuratorFramework other = place.client();
        ServiceDiscovery<String> first = open(place, client, instance("a", 1));
        ServiceDiscovery<String> second = open(place, other, instance("b", 2));
        Place.caughtUp(client);
        Place.checkEquals(Collections.singletonList("shop"), second.queryForNames());
        Place.checkEquals(2, first.queryForInstances("shop").size());
        ServiceInstance<String> seen = second.queryForInstance("shop", "a");
        Place.checkEquals(1, seen.getPort());
        Place.checkEquals("of a", seen.getPayload());
        first.unregisterService(instance("a", 1));
        Place.caughtUp(other);
        Place.checkEquals(null, second.queryForInstance("shop", "a"));
        Place.checkEquals(0, second.queryForInstances("none").size());
    }

    private static void discoveryUpdated(Place place) throws Exception {
        ServiceDiscovery<String> first = open(place, place.client(), instance("a", 1));
        ServiceDiscovery<String> second = open(place, place.client(), null);
        first.updateService(instance("a", 9));
        Place.until("the new port", () -> second.queryForInstance("shop", "a").getPort() == 9);
    }

    private static void serviceCache(Place place) throws Exception {
        ServiceDiscovery<String> reader = open(place, place.client(), instance("a", 1));
        ServiceCache<String> cache = place.keep(reader.serviceCacheBuilder().name("shop").build());
        BlockingQueue<Integer> told = new LinkedBlockingQueue<>();
        cache.addListener(new ServiceCacheListener() {
            @Override
            public void cacheChanged() {
                told.add(cache.getInstances().size());
            }

            @Override
            public void stateChanged(CuratorFramework client, ConnectionState state) {}
        });
        cache.start();
        Place.checkEquals(1, cache.getInstances().size());
        ServiceDiscovery<String> writer = open(place, place.client(), instance("b", 2));
        Place.checkEquals(2, Place.next(told));
        writer.unregisterService(instance("b", 2));
        Place.checkEquals(1, Place.next(told));
    }

    private static void serviceProvider(Place place) throws Exception {
        ServiceDiscovery<String> discovery = open(place, place.client(), instance("a", 1));
        discovery.registerService(instance("b", 2));
        ServiceProvider<String> inTurn = place.keep(discovery.serviceProviderBuilder().serviceName("shop")
            .providerStrategy(new RoundRobinStrategy<>()).build());
        inTurn.start();
        Place.until("both", () -> inTurn.getAllInstances().size() == 2);
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 2; i++) {
            seen.add(inTurn.getInstance().getId());
        }
        Place.checkEquals(2, seen.size());
        ServiceProvider<String> sticky = place.keep(discovery.serviceProviderBuilder().serviceName("shop")
            .providerStrategy(new StickyStrategy<>(new RoundRobinStrategy<>())).build());
        sticky.start();
        Place.until("both", () -> sticky.getAllInstances().size() == 2);
        Place.checkEquals(sticky.getInstance().getId(), sticky.getInstance().getId());
    }

    /** An instance is gone with its session, and registered again by the next. */
    private static void discoveryOfClosedSession(Place place) throws Exception {
        CuratorFramework client = place.client();
        open(place, client, instance("a", 1));
        ServiceDiscovery<String> reader = open(place, place.client(), null);
        CuratorFramework other = place.client();
        long owner = other.checkExists().forPath(place.root + "/shop/a").getEphemeralOwner();
        Sessions.endSession(place, client);
        Place.until("registered by the next session", () -> {
            Collection<ServiceInstance<String>> now = reader.queryForInstances("shop");
            Stat stat = other.checkExists().forPath(place.root + "/shop/a");
            return now.size() == 1 && stat != null && stat.getEphemeralOwner() != owner;
        });
    }
}
