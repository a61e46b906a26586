using PatientGrains.LoadTests.Crud;
using PatientGrains.LoadTests.Growth;
using PatientGrains.LoadTests.Import;
using PatientGrains.LoadTests.Live;
using PatientGrains.LoadTests.Reading;
using PatientGrains.LoadTests.Running;
using PatientGrains.LoadTests.Stores;
using PatientGrains.LoadTests.Validating;

namespace PatientGrains.LoadTests;

/// <summary>All scenarios, in the order in which they run: what changes the filled store comes after what only reads it.</summary>
internal static class Catalog
{
    public static IReadOnlyList<IScenario> All(Bench bench)
    {
        var settings = bench.Settings;
        return
        [
            Validation.OfCorpus(bench),
            .. File.Exists(settings.Examples) ? [Validation.OfExamples(settings)] : (IScenario[])[],
            new ColdImport(bench),
            new WarmImport(bench, packed: false),
            new WarmImport(bench, packed: true),
            new Memory(bench),
            new EngineReads(bench, settings.Closed(settings.Callers)),
            new EngineReads(bench, settings.Open(EngineReads.Rate)),
            new WholeReads(bench, overHttp: false),
            new HttpReads(bench, settings.Closed(settings.Callers)),
            new HttpReads(bench, settings.Open(EngineReads.Rate)),
            new WholeReads(bench, overHttp: true),
            new CrudMix(bench),
            new Activation(bench, Snapshot.AsLeft),
            new Activation(bench, Snapshot.OfHead),
            new Activation(bench, Snapshot.None),
            new ManyPatients(bench),
            new OnePatient(bench),
            .. Enum.GetValues<Kind>().Where(kind => Servers.Missing(kind) is null).SelectMany(kind => (IScenario[])
                [new StoreImport(bench, kind), new StoreSubmits(bench, kind)]),
            .. Servers.Missing(Kind.Postgres) is null
                ? [new StoreReads(bench, Kind.Postgres), new ObservationToAlert(bench, Audience.OfUnits, Kind.Postgres)]
                : (IScenario[])[],
            new GrpcSubmit(bench, settings.Closed(GrpcSubmit.Callers(settings))),
            new GrpcSubmit(bench, settings.Open(GrpcSubmit.Rate)),
            new ObservationToAlert(bench, Audience.OfUnits),
            new ObservationToAlert(bench, Audience.OfAll),
            new FanOutCapacity(bench),
            new FanOutDisturbed(bench),
            new OverloadFlood(bench),
        ];
    }

    /// <returns>What was asked for, in the order of the catalog; null when a name is unknown.</returns>
    public static IReadOnlyList<IScenario>? Chosen(Bench bench, IReadOnlyList<string> verbs)
    {
        var all = All(bench);
        static bool Answers(IScenario scenario, string verb) =>
            verb == "all" || scenario.Name == verb || scenario.Name.StartsWith(verb + "/", StringComparison.Ordinal);
        return verbs.All(verb => all.Any(scenario => Answers(scenario, verb)))
            ? [.. all.Where(scenario => verbs.Any(verb => Answers(scenario, verb)))]
            : null;
    }
}
