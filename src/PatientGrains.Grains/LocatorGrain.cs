using System.Collections.Concurrent;
using System.Collections.Immutable;
using Orleans;
using Orleans.Concurrency;
using PatientGrains.Contracts;
using PatientGrains.Core.Record;
using PatientGrains.Log;

namespace PatientGrains.Grains;

/// <summary>Looks up the locator and the population index. It keeps nothing, so that what it answers is what is durable.</summary>
[StatelessWorker]
[Reentrant]
public sealed class LocatorGrain(IPatientLog log, KeyRing keys, LogNames names) : Grain, ILocatorGrain
{
    public async Task<string?> Locate(ResourceKey key)
    {
        // An id that leads to a log that is there is nowhere else.
        if (keys.RoutedIds.LogOf(key.Id) is { } routed && await log.Find(new LogId(routed)) is { IsErased: false } found)
            return names.Of(found);
        // A Patient is mostly in the log that bears its name, without a claim; everything else has claimed its id wherever it is. So one
        // look-up is enough for whatever there is.
        return key.IsPatient ? await Own(key) ?? await Claimed(key) : await Claimed(key) ?? await Own(key);
    }

    private async ValueTask<string?> Own(ResourceKey key)
    {
        var own = new LogName(key.ToString());
        return await log.Find(keys.Blind(own)) is { IsErased: false } ? own.Text : null;
    }

    private async ValueTask<string?> Claimed(ResourceKey key) =>
        await log.Locate(keys.BlindClaim(Effects.LocatorKey(key))) is { } owner ? await names.Of(owner) : null;

    public async Task<ImmutableArray<string>> Candidates(string type, string param, string? system, string code, int limit)
    {
        var found = await log.Candidates(keys.BlindToken(Effects.IndexKey(type, param, system, code)), null, limit);
        var answer = ImmutableArray.CreateBuilder<string>(found.Count);
        foreach (var candidate in found)
        {
            if (await names.Of(candidate) is { } name)
                answer.Add(name);
        }
        return answer.ToImmutable();
    }
}

/// <summary>
/// Names of logs by their blinded ids, opened with the key ring and remembered in this process, at most <see cref="Limit"/> of them.
/// </summary>
public sealed class LogNames(IPatientLog log, KeyRing keys)
{
    /// <summary>About 100 bytes each.</summary>
    private const int Limit = 200_000;

    private readonly ConcurrentDictionary<LogId, string> _known = [];

    /// <returns>Null when the log does not exist or was erased.</returns>
    public async ValueTask<string?> Of(LogId id) =>
        _known.TryGetValue(id, out string? name) ? name
        : await log.Find(id) is { IsErased: false } entry ? Of(entry)
        : null;

    /// <summary>Of a log that was looked up and is not erased.</summary>
    public string Of(LogEntry entry)
    {
        if (_known.TryGetValue(entry.Log, out string? name))
            return name;
        name = keys.NameOf(entry).Text;
        if (_known.Count >= Limit)
            _known.Clear();
        return _known.GetOrAdd(entry.Log, name);
    }
}
