using Microsoft.Extensions.DependencyInjection;
using Orleans;
using PatientGrains.Contracts;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Host.Composition;
using PatientGrains.Host.Settings;

namespace PatientGrains.LoadTests.Reading;

/// <summary>What an active patient holds of the managed heap against the JSON of its current resources, in a process that has just opened
/// the store.</summary>
internal static class Memory
{

    public static async Task Measure(HostSettings host, Report report, Requester who)
    {
        await using var server = await RecordServer.StartWithoutFront(host, default);
        var grains = server.Services.GetRequiredService<IGrainFactory>();
        var patients = await Everything.Patients(server);
        // Whatever the first activation of a process brings along is not the patient's.
        await grains.GetGrain<IDirectoryGrain>("Basic/none").Ask(new ReadResource { Who = who, Key = new ResourceKey("Basic", "none") });
        long before = Settled();
        long json = await Activate(grains, patients, who);
        long held = Settled() - before;
        report.Line($"-- memory of {patients.Count} active patients: {held / 1e6:F1} MB, the JSON of their resources {json / 1e6:F1} MB");
        report.Budget("memory of active patients against their JSON", held / (double)json, "x", 1.5, atMost: true);
    }

    private static async Task<long> Activate(IGrainFactory grains, List<string> patients, Requester who)
    {
        long json = 0;
        foreach (string patient in patients)
        {
            var released = await Everything.Released(RecordNames.GrainOf(grains, patient), Everything.Question(who));
            json += released.Versions.Sum(version => (long)version.Body!.Json.Length);
        }
        return json;
    }

    private static long Settled()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }
        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
