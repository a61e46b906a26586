using Orleans;
using PatientGrains.Contracts;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Core.Search;
using PatientGrains.Host.Composition;
using PatientGrains.Log;

namespace PatientGrains.LoadTests.Reading;

/// <summary>What a store holds, asked for as a client would.</summary>
internal static class Everything
{
    /// <summary>Names of the logs of patients.</summary>
    public static async Task<List<string>> Patients(RecordServer server)
    {
        var names = new List<string>();
        LogId? after = null;
        for (var page = await server.Log.Logs(after, 1000); page.Count > 0; page = await server.Log.Logs(after, 1000))
        {
            var texts = page.Select(entry => server.Ring.NameOf(entry).Text);
            names.AddRange(texts.Where(name => name.StartsWith("Patient/", StringComparison.Ordinal)));
            after = page[^1].Log;
        }
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    /// <summary>The resources of these patients.</summary>
    public static async Task<List<(string Log, ResourceKey[] Keys)>> KeysOf(IGrainFactory grains, List<string> logs, Requester who)
    {
        var keys = new List<(string, ResourceKey[])>();
        foreach (string log in logs)
        {
            var released = await Released(RecordNames.GrainOf(grains, log), Question(who));
            keys.Add((log, [.. released.Versions.Select(version => version.Key)]));
        }
        return keys;
    }

    public static SearchRecord Question(Requester who) =>
        new() { Who = who, Types = [], Count = int.MaxValue, Asked = "everything", Interaction = "operation" };

    /// <exception cref="InvalidDataException">It was refused: then no figure counts.</exception>
    public static async Task<Released> Released(IRecordGrain grain, Command command) =>
        await grain.Ask(command) is Released { Versions.IsEmpty: false } released
            ? released
            : throw new InvalidDataException("A read was refused.");
}
