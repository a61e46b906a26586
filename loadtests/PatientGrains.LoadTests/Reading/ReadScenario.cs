using Microsoft.Extensions.DependencyInjection;
using Orleans;
using PatientGrains.Contracts;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Core.Search;
using PatientGrains.Host.Composition;
using PatientGrains.Host.Importing;
using PatientGrains.Host.Settings;
using PatientGrains.LoadTests.Import;

namespace PatientGrains.LoadTests.Reading;

/// <summary>Reads of a filled store: every one of them decided by policy and durable in the access log before it is answered.</summary>
internal static class ReadScenario
{
    private static readonly Requester Clinician =
        new() { Subject = "load-test", Roles = [Role.Clinician], Purpose = "TREAT", Source = "local" };

    public static async Task Measure(Settings settings, Report report)
    {
        using var folder = new StoreFolder(settings);
        var host = new HostSettings { Data = folder.Path, Url = "http://127.0.0.1:0" };
        using var corpus = Corpus.Read(settings);
        report.Title($"read, {corpus}");
        var large = LargePatient.Of("load-large", settings.LargePatient);
        var whole = LargePatient.Of("load-whole", settings.WholePatient);
        await using (var server = await RecordServer.StartWithoutFront(host, default))
        {
            await using var target = new InProcessTarget(server, OurImport.Importer, ownsServer: false);
            await OurImport.Fill(target, corpus, settings.Lanes);
            await large.Write(target);
            await whole.Write(target);
        }
        await Memory.Measure(host, report, Clinician);
        await Engine(settings, host, report, whole);
        await HttpReads.Measure(settings, host, report, Clinician, whole);
        await Activations.Measure(settings, host, report, large);
    }

    private static async Task Engine(Settings settings, HostSettings host, Report report, LargePatient whole)
    {
        await using var server = await RecordServer.StartWithoutFront(host, default);
        var grains = server.Services.GetRequiredService<IGrainFactory>();
        var keys = await Everything.KeysOf(grains, await Everything.Patients(server), Clinician);
        Task Read(int i)
        {
            var (log, key) = keys[(int)((uint)i * 2654435761u % (uint)keys.Count)];
            return Everything.Released(RecordNames.GrainOf(grains, log), new ReadResource { Who = Clinician, Key = key });
        }
        int patients = keys.DistinctBy(key => key.Log).Count();
        report.Line($"-- engine: one resource, drawn from {keys.Count:N0} of {patients} patients, one access entry each");
        await Loops.Closed(settings.Callers, settings.Seconds / 2, Read);
        var closed = new List<LoopResult>();
        var floors = new List<LoopResult>();
        for (int round = 0; round < Math.Max(1, settings.Rounds / 2); round++)
        {
            floors.Add(await BareEntries.Run(settings));
            closed.Add(await Loops.Closed(settings.Callers, settings.Seconds, Read));
        }
        report.Line($"   closed loop, {settings.Callers} callers            {Median(closed)}");
        report.Line($"   bare inserts of 300 bytes, as many a sync {Median(floors)}");
        report.Line($"   reads : bare inserts {Report.Median(closed.Zip(floors, (a, b) => a.PerSecond / b.PerSecond)):F2}");
        var open = await Loops.Open(settings.Rate, settings.Seconds, Read);
        report.Line($"   open loop at {settings.Rate}/s                 {open}");
        report.Budget($"audited read, engine, p99 at {settings.Rate}/s", open.P99, "ms", 5, atMost: true);
        await WholeRecord(settings, report, RecordNames.GrainOf(grains, "Patient/" + whole.Id), whole);
    }

    private static async Task WholeRecord(Settings settings, Report report, IRecordGrain grain, LargePatient whole)
    {
        var question = Everything.Question(Clinician);
        var result = await Loops.Closed(1, settings.Seconds, _ => Everything.Released(grain, question));
        report.Line($"   everything of {whole.Resources}, one caller            {result}");
        report.Budget($"everything of {whole.Resources} resources, engine, p50", result.P50, "ms", 10, atMost: true);
    }

    public static LoopResult Median(List<LoopResult> results) => results.OrderBy(result => result.PerSecond).ElementAt(results.Count / 2);
}
