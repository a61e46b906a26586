using System.Reflection;

namespace Orleans.Hosting;

/// <summary>How the local engine behaves. The times are Orleans's defaults.</summary>
public sealed class LocalEngineOptions
{
    /// <summary>Where the grain classes are.</summary>
    public IList<Assembly> GrainAssemblies { get; } = [];

    /// <summary>
    /// Copies what crosses a grain boundary, given its declared type: arguments, replies, items of enumerations and streams, and (by
    /// their own type) values of RequestContext. Null passes references. Tests set it to the codec that a cluster would use.
    /// </summary>
    public Func<object?, Type, object?>? RoundTrip { get; set; }

    /// <summary>
    /// What grains get as their GrainFactory; null for this engine. A simulated cluster of several engines sets a router over all of them.
    /// </summary>
    public IGrainFactory? GrainFactory { get; set; }

    /// <summary>A call that has no answer after this fails with TimeoutException; it may be noticed an eighth later.</summary>
    public TimeSpan ResponseTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>An activation that was not used for this long ends; it may be noticed an eighth later.</summary>
    public TimeSpan CollectionAge { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>After this, OnActivateAsync is told to stop and the activation fails.</summary>
    public TimeSpan ActivationTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>After this, OnDeactivateAsync is told to stop and no longer waited for. Also the deadline of a shutdown.</summary>
    public TimeSpan DeactivationTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Requests that one activation may have begun or waiting; more are rejected, as Orleans rejects them past
    /// SiloMessagingOptions.MaxEnqueuedRequestsHardLimit. Fronts should bound their load below it.
    /// </summary>
    public int MaxEnqueuedRequests { get; set; } = 10_000;

    /// <summary>
    /// How many items of a stream may wait for one slow subscriber. Beyond it the oldest are dropped: streams are hints that wake a
    /// reader, and the newest hint is the one that matters.
    /// </summary>
    public int StreamQueueLimit { get; set; } = 1024;
}
