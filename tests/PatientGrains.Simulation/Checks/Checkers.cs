using System.Buffers;
using PatientGrains.Contracts;
using PatientGrains.Core.Record;
using PatientGrains.Log;
using PatientGrains.Simulation.Actors;
using PatientGrains.Simulation.Stage;

namespace PatientGrains.Simulation.Checks;

/// <summary>All checkers, on what is in the store when everybody has gone home, and on what everybody saw.</summary>
internal static class Checkers
{
    public static async Task Look(Town town, SharedStore store)
    {
        if (town.Ledger.Surprises.Count > 0)
            throw new CheckFailedException("surprises", town.Ledger.Surprises[0]);
        string[] names = [.. town.Logs, .. Enumerable.Range(0, SecurityLog.Shards).Select(shard => SecurityLog.NameOf($"{shard}"))];
        var image = await LogImage.Read(store, names);
        MixIn(town.World.History, image);
        await VerifierAgrees(store);
        Messages.Check(town.Ledger, image);
        Versions.Check(town.Ledger, image);
        Accesses.Check(town.Ledger, image);
        Refusals.Check(town.Ledger, image);
        foreach (string patient in town.Patients)
            new AlertCheck("Patient/" + patient, image).Check(SimWorld.Epoch + town.World.Now);
        Deliveries.Check(town, store, image);
    }

    /// <summary>The digest of a run covers what came to lie in the store.</summary>
    private static void MixIn(History history, LogImage image)
    {
        var bytes = new ArrayBufferWriter<byte>();
        foreach (var logged in image.All)
            WireCodec.Write(bytes, logged.Happened);
        history.Mix(bytes.WrittenSpan);
    }

    private static async Task VerifierAgrees(SharedStore store)
    {
        var report = await LogVerifier.Verify(store.Log, store.Keys.Ring, bytes =>
        {
            WireCodec.Read<Event>(bytes, out int used);
            return used;
        });
        if (!report.IsSound)
            throw new CheckFailedException("chains", string.Join("; ", report.Broken.Select(broken => broken.What)
                .Concat(report.BrokenFeeds.Select(broken => broken.What))));
    }
}
