using Orleans;
using Orleans.Runtime;
using PatientGrains.Contracts;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;

namespace PatientGrains.Host.Composition;

/// <summary>
/// What happens around every call to a grain that leaves this node. A silo that dies takes the calls with it that it had not answered;
/// those that do the same when they come twice are made again, to whoever hosts the record by then. And what fails in the end fails without
/// the grain's key, which names a patient.
/// </summary>
internal static class GrainCalls
{
    /// <summary>
    /// After this a gateway gives a call up; a silo that has fronts of its own waits as Orleans does, 30 seconds. A record answers within
    /// milliseconds, and within a second when the store is busy; a silo that died is known to have died by then (<see cref="Cluster"/>), so
    /// that the next try goes elsewhere.
    /// </summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// No further try begins after this; a client hears 503 or UNAVAILABLE within <see cref="Timeout"/> more, and may try itself.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    public static async Task Invoke(IOutgoingGrainCallContext call)
    {
        long began = TimeProvider.System.GetTimestamp();
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                await call.Invoke();
                return;
            }
            catch (Exception failed) when (failed is TimeoutException or OrleansException)
            {
                // A record that turned a call away for want of room has no more of it for a repetition.
                if (failed is LimitExceededException || !MayRepeat(call) || TimeProvider.System.GetElapsedTime(began) + pause > Patience)
                    throw WithoutKey(failed);
            }
            await Task.Delay(pause);
        }
    }

    /// <summary>
    /// Whether making the call twice does what making it once does. A submission has its source and message id, and says what it said the
    /// first time; a question is asked anew, and its access entry is written again; a wake-up finds nothing due. Answers to alerts are not
    /// repeated: the second would be refused, or stand in the record twice.
    /// </summary>
    internal static bool MayRepeat(IOutgoingGrainCallContext call) => call.Grain switch
    {
        ILocatorGrain or IFeedGrain => true,
        IRecordGrain => call.MethodName switch
        {
            nameof(IRecordGrain.Ask) => MayRepeat((Command)call.Request.GetArgument(0)!),
            // One message id for all of its parts.
            nameof(IRecordGrain.Transact) => true,
            // Halves of somebody's transaction: that one is repeated as a whole.
            _ => false,
        },
        _ => false,
    };

    internal static bool MayRepeat(Command command) => command is not (AcknowledgeAlert or SnoozeAlert or OverrideAlert);

    /// <summary>
    /// To a front, a grain that could not be reached is one that did not answer in time: 503, UNAVAILABLE, try again. What grains
    /// themselves throw is not touched.
    /// </summary>
    private static TimeoutException WithoutKey(Exception failed) => new($"A grain did not answer in time: {failed.GetType().Name}.");
}
