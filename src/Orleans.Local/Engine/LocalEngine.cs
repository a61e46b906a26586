using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans.Hosting;
using Orleans.Runtime;

namespace Orleans.Local;

/// <summary>
/// The whole engine of one process: finds the activation that a message is for, ends the idle, fails the late, and shuts down. It
/// works from the moment it is constructed; as a hosted service it only stops.
/// </summary>
internal sealed partial class LocalEngine : IClusterClient, IHostedService, IAsyncDisposable, IDisposable
{
    readonly GrainClasses classes;
    readonly Lazy<IIncomingGrainCallFilter[]> filters;
    readonly ITimer sweep;

    public LocalEngine(IServiceProvider services, IOptions<LocalEngineOptions> options)
    {
        (ServiceProvider, Options) = (services, options.Value);
        Time = services.GetService<TimeProvider>() ?? TimeProvider.System;
        Log = services.GetService<ILoggerFactory>()?.CreateLogger("Orleans.Local") ?? NullLogger.Instance;
        filters = new(() => [.. services.GetServices<IIncomingGrainCallFilter>()]);
        classes = new(Options.GrainAssemblies);
        TimeSpan period = SweepPeriod();
        sweep = Time.CreateTimer(static engine => ((LocalEngine)engine!).Sweep(), this, period, period);
    }

    public IServiceProvider ServiceProvider { get; }

    internal LocalEngineOptions Options { get; }
    internal IGrainFactory ForGrains => Options.GrainFactory ?? this;
    internal TimeProvider Time { get; }
    internal ILogger Log { get; }
    // Late, because a filter may well want the grain factory.
    internal IIncomingGrainCallFilter[] Filters => filters.Value;

    internal IEnumerable<Activation> Live => classes.All.SelectMany(grainClass => grainClass.Live);

    public TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithStringKey =>
        (TGrainInterface)(object)Reference(typeof(TGrainInterface), primaryKey, grainClassNamePrefix);

    public IGrain GetGrain(Type grainInterfaceType, string grainPrimaryKey) =>
        (IGrain)(object)Reference(grainInterfaceType, grainPrimaryKey, null);

    GrainProxy Reference(Type grainInterface, string key, string? classNamePrefix)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(key);
        return GrainProxy.Create(grainInterface, this, classes.Behind(grainInterface, classNamePrefix), key);
    }

    /// <summary>Sends what somebody asks a grain to do. While shutting down, only grains may still ask.</summary>
    internal void Send(GrainProxy target, Message message)
    {
        if (message is Request request)
        {
            request.SentAt = Time.GetTimestamp();
        }

        if (stopping && TurnScheduler.CurrentActivation is null)
        {
            message.Fail(Unavailable());
            return;
        }

        Route(target.Class, target.Key, message);
    }

    /// <summary>Brings a message to the activation of a grain, which it may bring about.</summary>
    internal void Route(GrainClass grainClass, string key, Message message)
    {
        while (true)
        {
            if (!grainClass.TryFind(key, out IAddressee? addressee))
            {
                if (RefusesActivations)
                {
                    message.Fail(Unavailable());
                    return;
                }

                addressee = grainClass.FindOrAdd(this, key);
            }

            // An addressee that refuses has left the directory before it did.
            if (addressee!.TryAccept(message))
            {
                return;
            }
        }
    }

    internal object? Copy(object? value, Type type) => Options.RoundTrip switch
    {
        null => value,
        _ when value is null or CancellationToken or GrainProxy => value,
        { } roundTrip => roundTrip(value, type),
    };

    internal ImmutableDictionary<string, object?>? Copy(ImmutableDictionary<string, object?>? context) =>
        context is null || Options.RoundTrip is null
            ? context
            : context.ToImmutableDictionary(entry => entry.Key, entry => Copy(entry.Value, entry.Value?.GetType() ?? typeof(object)));

    internal static SiloUnavailableException Unavailable() => new("The engine is shutting down.");

    internal long ToTimestamps(TimeSpan time) => (long)(time.TotalSeconds * Time.TimestampFrequency);

    // One timer for all: an eighth of the shortest time is soon enough to notice that it has passed, and rare enough to cost nothing.
    TimeSpan SweepPeriod()
    {
        TimeSpan[] times = [.. new[] { Options.ResponseTimeout, Options.CollectionAge }.Where(time => time != Timeout.InfiniteTimeSpan)];
        return times.Length == 0 ? Timeout.InfiniteTimeSpan : times.Min() / 8;
    }

    void Sweep()
    {
        long now = Time.GetTimestamp();
        bool requestsEnd = Options.ResponseTimeout != Timeout.InfiniteTimeSpan;
        bool activationsEnd = Options.CollectionAge != Timeout.InfiniteTimeSpan;
        foreach (Activation activation in Live)
        {
            if (requestsEnd)
            {
                activation.TimeOutSentUntil(now - ToTimestamps(Options.ResponseTimeout), Options.ResponseTimeout);
            }

            if (activationsEnd)
            {
                activation.DeactivateIfUnusedSince(now - ToTimestamps(Options.CollectionAge));
            }
        }
    }
}
