using Orleans;
using PatientGrains.Contracts;
using PatientGrains.Core.Record;

namespace PatientGrains.Gateway.Intake;

/// <summary>The grains behind the names of logs.</summary>
internal sealed class Records(IGrainFactory grains)
{
    private readonly ILocatorGrain _locator = grains.GetGrain<ILocatorGrain>("locator");

    public ILocatorGrain Locator => _locator;

    /// <param name="log">Name of a log: <c>Patient/x</c>, or <c>Type/id</c> of a resource outside patient compartments.</param>
    public IRecordGrain Of(string log) => log.StartsWith("Patient/", StringComparison.Ordinal)
        ? grains.GetGrain<IPatientGrain>(log["Patient/".Length..])
        : grains.GetGrain<IDirectoryGrain>(log);

    public ISecurityGrain Security(string spread) =>
        grains.GetGrain<ISecurityGrain>((Shard(spread) % SecurityLog.Shards).ToString(System.Globalization.CultureInfo.InvariantCulture));

    public Task<string?> OwnerOf(ResourceKey key) => _locator.Locate(key);

    /// <summary>FNV-1a: the same request always finds the same shard, whatever process hashes it.</summary>
    private static uint Shard(string text)
    {
        uint hash = 2166136261;
        foreach (char c in text)
            hash = (hash ^ c) * 16777619;
        return hash;
    }
}
