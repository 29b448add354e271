import { startEnsemble } from "../peers/ensemble.ts";
import { runClientTour } from "./javaClient.ts";

// The official client against each member of an ensemble of both programs at once: followers and the leader, theirs and ours.

test("the official client goes round its tour with every member of a mixed ensemble", async () => {
  const ensemble = await startEnsemble([
    { kind: "ts", id: 1 },
    { kind: "java", id: 2 },
    { kind: "ts", id: 3 },
  ]);
  try {
    await ensemble.waitServing();
    const tours = ensemble.members.map(({ id }) => runClientTour(ensemble.connectString([id]), `/tour-${id}`));
    const everywhere = runClientTour(ensemble.connectString(), "/tour");
    for (const stops of await Promise.all([...tours, everywhere])) expect(stops.length).toBeGreaterThan(15);
  } finally {
    await ensemble.dispose();
  }
}, 240_000);
