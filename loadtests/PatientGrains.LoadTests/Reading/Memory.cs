using Microsoft.Extensions.DependencyInjection;
using Orleans;
using PatientGrains.Contracts;
using PatientGrains.Core.Record;
using PatientGrains.Host.Composition;
using PatientGrains.LoadTests.Reporting;
using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Reading;

/// <summary>What active patients hold of the managed heap against the JSON of their current resources, in a server that was just
/// started.</summary>
internal sealed class Memory(Bench bench) : IScenario
{
    private FilledStore? _store;
    private long _held, _json;
    private int _patients;

    public string Name => "memory";
    public string Measures => "managed heap that active patients hold, against the JSON of their current resources";
    public Load Load => new TurnsLoad(Rounds: 1, WarmUps: 0);

    public async Task Prepare(Recorder own)
    {
        _store = await bench.Store();
        await _store.Close();
    }

    public async ValueTask<Done> Step(Arrival arrival)
    {
        var server = await _store!.Engine();
        var grains = server.Services.GetRequiredService<IGrainFactory>();
        var patients = await Everything.Patients(server);
        var who = FilledStore.Clinician;
        // Whatever the first activation of a process brings along is not the patient's.
        await grains.GetGrain<IDirectoryGrain>("Basic/none").Ask(new ReadResource { Who = who, Key = new ResourceKey("Basic", "none") });
        long before = Settled();
        _json = 0;
        foreach (string patient in patients)
        {
            var released = await Everything.Released(RecordNames.GrainOf(grains, patient), Everything.Question(who));
            _json += released.Versions.Sum(version => (long)version.Body!.Json.Length);
        }
        _held = Settled() - before;
        _patients = patients.Count;
        return new Done(patients.Count);
    }

    public IEnumerable<Figure> Figures(Measured measured) =>
    [
        new Figure($"memory of {_patients} active patients against their JSON", _held / (double)_json, "x")
        {
            Beside = $"held {Numbers.Text(_held / 1e6)} MB, JSON {Numbers.Text(_json / 1e6)} MB",
            Limits = [Limit.Below(1.5), Limit.Below(4, Weight.Guard)],
        },
    ];

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Bytes of the managed heap that are still in use.</summary>
    public static long Settled()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }
        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
