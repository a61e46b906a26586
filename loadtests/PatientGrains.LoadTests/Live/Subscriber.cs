using PatientGrains.Grpc;
using PatientGrains.Grpc.V1;

namespace PatientGrains.LoadTests.Live;

/// <summary>How a subscriber reads.</summary>
internal enum Pace
{
    /// <summary>As fast as lines come.</summary>
    Prompt,
    /// <summary>A line, then a rest.</summary>
    Slow,
    /// <summary>The first message, then nothing more.</summary>
    Dead,
}

/// <summary>A gRPC subscriber to alerts, on a connection of its own; checks that what it gets has no gap and no repetition.</summary>
internal sealed class Subscriber : IAsyncDisposable
{
    /// <summary>Between two lines of a slow one: far below any rate that is measured.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(250);

    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<string, int> _last = [];

    /// <summary>Lines of a patient that came without content and number, since the last one that had them.</summary>
    private readonly Dictionary<string, int> _untold = [];
    private readonly SubscribeAlertsRequest _request;
    private readonly GrpcChannel _channel;
    private readonly GrpcClientCall<SubscribeAlertsRequest, SubscribeAlertsResponse> _call;
    private readonly Task _reading;

    /// <param name="address">Of the server.</param>
    /// <param name="login">Metadata of the call.</param>
    /// <param name="request">What to subscribe to.</param>
    /// <param name="pace">How it reads.</param>
    /// <param name="to">Told of each line; null for one that nobody listens to.</param>
    public Subscriber(Uri address, GrpcMetadata login, SubscribeAlertsRequest request, Pace pace, Alarms? to)
    {
        (How, _request) = (pace, request);
        _channel = new GrpcChannel(address, new GrpcChannelOptions { Metadata = () => login });
        _call = _channel.Open<SubscribeAlertsRequest, SubscribeAlertsResponse>(
            AlertsReflection.Descriptor.Services[0].FindMethodByName("SubscribeAlerts"), null, _stop.Token);
        _reading = Task.Run(() => Read(pace, to));
    }

    public Pace How { get; }

    /// <summary>Ends with the first message, from which on nothing is missed.</summary>
    public Task Begun => _begun.Task;

    /// <summary>Numbers of a patient that came out of order, were left out or came twice.</summary>
    public int Faults { get; private set; }

    public long Lines { get; private set; }

    /// <summary>Lines that came without content, because their record could not be asked in time. They are read again by cursor.</summary>
    public int Unreadable { get; private set; }

    /// <summary>What it was last told that it lags by.</summary>
    public long Lag { get; private set; }

    /// <summary>Why it ended before it was stopped; null while it goes on.</summary>
    public string? Broken { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading;
        await _call.DisposeAsync();
        _channel.Dispose();
        _stop.Dispose();
    }

    private async Task Read(Pace pace, Alarms? to)
    {
        try
        {
            await _call.Write(_request);
            _call.CloseRequests();
            while (await _call.Next() is { } message)
            {
                _begun.TrySetResult();
                Take(message, to);
                if (pace == Pace.Dead)
                    await Task.Delay(Timeout.InfiniteTimeSpan, _stop.Token);
                else if (pace == Pace.Slow)
                    await Task.Delay(Rest, _stop.Token);
            }
            Broken = "the server ended the stream";
        }
        catch (OperationCanceledException)
        {
            // Stopping is what was asked for.
        }
        catch (GrpcException broken)
        {
            Broken = broken.Message;
        }
        _begun.TrySetException(new InvalidDataException($"A subscription ended before it began: {Broken}"));
    }

    private void Take(SubscribeAlertsResponse message, Alarms? to)
    {
        if (message.Heartbeat is { } heartbeat)
            Lag = heartbeat.Lag;
        if (message.Line is not { } line)
            return;
        Lines++;
        if (line.EventCase == AlertLine.EventOneofCase.Unreadable)
        {
            Unreadable++;
            _untold[line.PatientId] = _untold.GetValueOrDefault(line.PatientId) + 1;
            to?.PassOver(Hospital.PatientOf(line.PatientId), _request.Units);
            return;
        }
        _untold.Remove(line.PatientId, out int untold);
        if (_last.TryGetValue(line.PatientId, out int last) && (line.PatientNumber <= last || line.PatientNumber > last + 1 + untold))
            Faults++;
        _last[line.PatientId] = line.PatientNumber;
        int patient = Hospital.PatientOf(line.PatientId);
        to?.Receive(patient, VersionOf(line, Hospital.AlarmOf(patient)));
    }

    /// <summary>Of the alarming value that the line is about; 0 for a line that is about something else.</summary>
    private static int VersionOf(AlertLine line, string alarm) => line.EventCase switch
    {
        AlertLine.EventOneofCase.Raised => line.Raised.Reason.Criteria.FirstOrDefault(met => met.Id == alarm)?.Version ?? 0,
        AlertLine.EventOneofCase.Withdrawn => line.Withdrawn.Id == alarm ? line.Withdrawn.Version : 0,
        _ => 0,
    };
}
