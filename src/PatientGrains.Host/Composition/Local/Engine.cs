using Orleans.Hosting;
using PatientGrains.Contracts;
using PatientGrains.Core.Record;
using PatientGrains.Grains;
using PatientGrains.Host.Settings;

namespace PatientGrains.Host.Composition;

/// <summary>
/// The engine that the grains run on, embedded in this process. Its sibling in ../Orleans takes its place in a build for clusters.
/// </summary>
public static class Engine
{
    public const string Name = "Local";

    /// <summary>Whether nodes can share the work.</summary>
    public static bool Clusters => false;

    /// <summary>How long a front waits for the next line of a feed before it asks again.</summary>
    public static readonly TimeSpan LongestPoll = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Calls that may wait for one record, or be at work in it; more are turned away before it sees them. An open record says that it is
    /// busy before that (<see cref="Log.JournalOptions.MaxWaiting"/>); this is for one that does not open.
    /// </summary>
    public const int MostWaiting = 5_000;

    /// <summary>A trace goes on in the grain by itself.</summary>
    public static void LetTracesThrough()
    {
    }

    /// <summary>
    /// The engine in this process. With <paramref name="roundTrips"/>, as in tests, everything that crosses a grain boundary goes through
    /// the codec, as it would between silos.
    /// </summary>
    public static void Add(IHostApplicationBuilder builder, bool roundTrips = false) => builder.UseOrleansLocal(silo =>
    {
        silo.AddMemoryStreams(AlertStreams.Name);
        silo.Configure<LocalEngineOptions>(options =>
        {
            options.GrainAssemblies.Add(typeof(RecordHost).Assembly);
            options.MaxEnqueuedRequests = MostWaiting;
            if (roundTrips)
                options.RoundTrip = WireCodec.RoundTrip;
        });
    });

    /// <summary>The only node there is.</summary>
    internal static void AddNode(IHostApplicationBuilder builder, HostSettings settings) => Add(builder);

    /// <summary>Nothing has to be there before it starts.</summary>
    internal static Task Prepare(HostSettings settings, CancellationToken cancel) => Task.CompletedTask;

    /// <summary>It has no pages; the settings refuse them.</summary>
    internal static void MapDashboard(WebApplication app, HostSettings settings)
    {
    }
}
