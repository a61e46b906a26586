using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;
using PatientGrains.Core.Search;
using static PatientGrains.Core.Tests.Samples;

namespace PatientGrains.Core.Tests;

public class AccessTests
{
    [Theory]
    [InlineData(Role.Clinician, AccessKind.ReadRecord, null)]
    [InlineData(Role.Clinician, AccessKind.WriteRecord, null)]
    [InlineData(Role.Clinician, AccessKind.ReadAccessLog, Rule.RoleNotPermitted)]
    [InlineData(Role.Integrator, AccessKind.ReadRecord, null)]
    [InlineData(Role.Integrator, AccessKind.WriteRecord, null)]
    [InlineData(Role.Integrator, AccessKind.ReadAccessLog, Rule.RoleNotPermitted)]
    [InlineData(Role.PrivacyOfficer, AccessKind.ReadRecord, Rule.RoleNotPermitted)]
    [InlineData(Role.PrivacyOfficer, AccessKind.WriteRecord, Rule.RoleNotPermitted)]
    [InlineData(Role.PrivacyOfficer, AccessKind.ReadAccessLog, null)]
    [InlineData(Role.Clinician, AccessKind.ReceiveAlerts, null)]
    [InlineData(Role.Clinician, AccessKind.AnswerAlerts, null)]
    [InlineData(Role.Clinician, AccessKind.ReceiveQuality, null)]
    [InlineData(Role.Clinician, AccessKind.ReceiveSecurity, Rule.RoleNotPermitted)]
    [InlineData(Role.Alerting, AccessKind.ReceiveAlerts, null)]
    [InlineData(Role.Alerting, AccessKind.AnswerAlerts, Rule.RoleNotPermitted)]
    [InlineData(Role.Alerting, AccessKind.ReceiveQuality, Rule.RoleNotPermitted)]
    [InlineData(Role.Alerting, AccessKind.ReadRecord, Rule.RoleNotPermitted)]
    [InlineData(Role.Alerting, AccessKind.WriteRecord, Rule.RoleNotPermitted)]
    [InlineData(Role.Integrator, AccessKind.ReceiveAlerts, Rule.RoleNotPermitted)]
    [InlineData(Role.Integrator, AccessKind.AnswerAlerts, Rule.RoleNotPermitted)]
    [InlineData(Role.Integrator, AccessKind.ReceiveQuality, null)]
    [InlineData(Role.Integrator, AccessKind.ReceiveSecurity, Rule.RoleNotPermitted)]
    [InlineData(Role.PrivacyOfficer, AccessKind.ReceiveSecurity, null)]
    [InlineData(Role.PrivacyOfficer, AccessKind.ReceiveAlerts, Rule.RoleNotPermitted)]
    public void A_role_may_what_the_table_says(Role role, AccessKind kind, Rule? refusal) =>
        Assert.Equal(refusal, AccessPolicy.RefusalFor(Clinician with { Roles = [role] }, kind));

    [Theory]
    [InlineData("TREAT", true)]
    [InlineData("ETREAT", true)]
    [InlineData("HPAYMT", true)]
    [InlineData("HOPERAT", true)]
    [InlineData("PATRQT", true)]
    [InlineData("HRESCH", false)]
    [InlineData("HMARKT", false)]
    [InlineData("treat", false)]
    [InlineData("", false)]
    public void A_purpose_is_one_that_a_record_is_released_for(string purpose, bool permitted) =>
        Assert.Equal(permitted ? null : Rule.PurposeNotPermitted,
            AccessPolicy.RefusalFor(Clinician with { Purpose = purpose }, AccessKind.ReadRecord));

    [Fact]
    public void The_table_covers_every_kind_and_nobody_gets_nothing()
    {
        foreach (var kind in Enum.GetValues<AccessKind>())
        {
            Assert.Equal(Rule.RequesterUnknown, AccessPolicy.RefusalFor(null, kind));
            Assert.Equal(Rule.RoleNotPermitted, AccessPolicy.RefusalFor(Clinician with { Roles = [] }, kind));
            // The census is the engine's own.
            Assert.Equal(
                kind == AccessKind.ReceiveCensus ? Rule.RoleNotPermitted : null,
                AccessPolicy.RefusalFor(Clinician with { Roles = [.. Enum.GetValues<Role>()] }, kind));
        }
    }

    [Fact]
    public void The_permitted_purposes_cannot_be_added_to() =>
        Assert.False(AccessPolicy.Purposes is ICollection<string> { IsReadOnly: false });

    public static TheoryData<Command> Commands => new()
    {
        Submission("m", Create("Observation/b")),
        Submission("m", Create("Observation/a", Body("{}"))),
        new ReadResource { Who = Clinician, Key = new("Observation", "a") },
        new ReadResource { Who = Clinician, Key = new("Observation", "never") },
        new ReadVersion { Who = Clinician, Key = new("Observation", "a"), Version = 1 },
        new ReadHistory { Who = Clinician, Key = new("Observation", "a"), Count = 10 },
        new SearchRecord { Who = Clinician, Types = [], Count = 10, Asked = "", Interaction = "operation" },
        new MatchRecord { Who = Clinician, Type = "Observation", Criteria = [], Count = 1, Asked = "", IsTold = true },
        new ReadAccessLog { Who = Auditor, Count = 10 },
        new NoteAccess { Who = Clinician, Interaction = "read", Asked = "" },
        new ReadAlerts { Who = Clinician },
        new AcknowledgeAlert { Who = Clinician, Alert = 1 },
    };

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_decision_writes_exactly_one_access_entry_of_its_requester_and_trace(Command command)
    {
        var live = Live.After(Create("Observation/a"));
        live.Do(command with { RequestId = "trace-9" });
        Assert.Equal(("trace-9", command.Who, live.Now), (live.Entry.RequestId, live.Entry.Who, live.Entry.At));
        Assert.IsType<AccessRecorded>(live.Last.Events[^1]);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Whoever_may_not_is_refused_and_written_down(Command command)
    {
        if (command is NoteAccess)
            return;
        var live = Live.After(Create("Observation/a"));
        Assert.Equal(new Refused(Rule.RequesterUnknown), live.Do(command with { Who = null }));
        Assert.Equal(("RequesterUnknown", null), (live.Entry.RefusedBy, live.Entry.Who));
        Assert.Empty(live.Entry.Versions);
        Assert.Single(live.Last.Events);
    }
}
