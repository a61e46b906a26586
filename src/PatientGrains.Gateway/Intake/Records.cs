using System.Globalization;
using Orleans;
using PatientGrains.Contracts;
using PatientGrains.Core.Record;

namespace PatientGrains.Gateway.Intake;

/// <summary>The grains behind the names of logs.</summary>
internal sealed class Records(IGrainFactory grains)
{
    /// <summary>The locator is stateless; its key has no meaning. Asked for anew each time: a gateway is made
    /// before it has a cluster.</summary>
    public ILocatorGrain Locator => grains.GetGrain<ILocatorGrain>("locator");

    public IRecordGrain Of(string log) => RecordNames.GrainOf(grains, log);

    /// <summary>Name of the log that holds a resource, null when there is no such resource.</summary>
    public Task<string?> OwnerOf(ResourceKey key) => Locator.Locate(key);

    /// <summary>The security log for accesses of a message; messages spread over the shards.</summary>
    public ISecurityGrain Security(string messageId) =>
        grains.GetGrain<ISecurityGrain>((Fnv1a(messageId) % SecurityLog.Shards).ToString(CultureInfo.InvariantCulture));

    /// <summary>The same text always finds the same shard, whatever process hashes it.</summary>
    private static uint Fnv1a(string text)
    {
        uint hash = 2166136261;
        foreach (char c in text)
            hash = (hash ^ c) * 16777619;
        return hash;
    }
}
