using Microsoft.Extensions.DependencyInjection;
using Orleans;
using PatientGrains.Core.Access;
using PatientGrains.Gateway.Tests.Admission;
using PatientGrains.Gateway.Tests.Rest;
using PatientGrains.Grpc;
using static PatientGrains.Gateway.Tests.Grpc.RecordsOverGrpcTests;
using static PatientGrains.Gateway.Tests.Grpc.Refusals;
using V1 = PatientGrains.Grpc.V1;

namespace PatientGrains.Gateway.Tests.Grpc;

/// <summary>Streams that outlive their tokens, on a server whose date stands until it is moved.</summary>
public sealed class ExpiryTests : IAsyncLifetime
{
    private const string Patient = "p";
    private static readonly TimeSpan ValidFor = TimeSpan.FromMinutes(10);

    private readonly ManualClock _clock = new();
    private readonly HeldRecord _held = new(Patient);
    private readonly GatewayServer _server = new();

    public async Task InitializeAsync()
    {
        _server.Clock = _clock.Date;
        // Each heartbeat looks whether the token is good; timers do not follow a date that is moved.
        _server.Options = _server.Options with { Feeds = Unhurried.Feeds with { Heartbeat = TimeSpan.FromMilliseconds(20) } };
        _server.With = services => services.AddSingleton<IIncomingGrainCallFilter>(_held);
        await _server.InitializeAsync();
    }

    public async Task DisposeAsync()
    {
        _held.LetGo();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_subscription_ends_when_its_token_expires()
    {
        using var stop = new CancellationTokenSource(Unhurried.Patience);
        string token = _server.Token(Role.Alerting, validFor: ValidFor);
        await using var stream = _server.Grpc(token).SubscribeAlerts(new(), null, stop.Token).GetAsyncEnumerator(stop.Token);
        Assert.True(await stream.MoveNextAsync());
        Expire();
        await Refused(GrpcCode.Unauthenticated, "TokenExpired", async () =>
        {
            while (await stream.MoveNextAsync())
                Assert.NotNull(stream.Current.Heartbeat);
            return true;
        });
    }

    [Fact]
    public async Task A_stream_of_submissions_ends_when_its_token_expires_after_what_was_taken_is_answered()
    {
        Assert.Equal(201, (await _server.Send("PUT", $"Patient/{Patient}", Samples.Patient(Patient))).Status);
        using var channel = _server.GrpcChannel(_server.Token(Role.Integrator, validFor: ValidFor));
        var method = V1.RecordsReflection.Descriptor.Services[0].FindMethodByName("SubmitStream");
        await using var call = channel.Open<V1.Submission, V1.SubmissionAnswer>(method);
        Assert.True(await call.Write(Create("m1", Samples.Observation(Patient))));
        Assert.Equal("m1", (await call.Next())!.MessageId);
        _held.Hold();
        Assert.True(await call.Write(Create("m2", Samples.Observation(Patient))));
        await _held.Holds(1);
        Expire();
        Assert.True(await call.Write(Create("m3", Samples.Observation(Patient))));
        _held.LetGo();
        Assert.Equal("m2", (await call.Next())!.MessageId);
        await Refused(GrpcCode.Unauthenticated, "TokenExpired", async () => await call.Next());
        Assert.Equal(2, (int)(await _server.Get($"Observation?patient={Patient}")).Json["total"]!);
    }

    /// <summary>The tolerance for clocks counts: a token that expired within it still proves somebody, and not for long.</summary>
    private void Expire() => _clock.Move(ValidFor + _server.Options.TokenClockSkew);
}
