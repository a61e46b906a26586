using PatientGrains.Core.Record;
using PatientGrains.Gateway.Auth;
using PatientGrains.Gateway.Tests.Feeds;
using PatientGrains.Log.Tests;

namespace PatientGrains.Gateway.Tests.Auth;

public sealed class AccessNotesTests
{
    private static readonly GatewayOptions Options = new() { TokenKey = new byte[32], Sources = [] };

    private readonly ManualClock _clock = new();
    private readonly ScriptedFeed _feed = new();

    private Task Note()
    {
        var notes = new AccessNotes(_feed.Grains(), new RefusedLogins(Options, _clock), _clock);
        return notes.Note(null, "r1", "read", "Patient/x", "RequesterUnknown");
    }

    [Fact]
    public async Task A_security_log_that_is_busy_is_passed_over_for_another()
    {
        int busy = 3;
        _feed.BeforeNote = _ => busy-- > 0 ? new Refused(Rule.Busy) : null;
        await Note();
        Assert.Single(_feed.Noted);
    }

    [Fact]
    public async Task Who_waits_does_not_wait_for_one_log_that_hangs_after_the_other()
    {
        int asked = 0;
        _feed.BeforeNote = _ =>
        {
            asked++;
            _clock.Move(TimeSpan.FromSeconds(30));
            throw new TimeoutException("planted");
        };
        await Assert.ThrowsAsync<TimeoutException>(Note);
        Assert.Equal(1, asked);
    }
}
