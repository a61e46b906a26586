using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;
using PatientGrains.Core.Search;

namespace PatientGrains.Simulation.Actors;

/// <summary>A clinician who reads, searches and answers alerts; now and then a privacy officer who looks at the access log.</summary>
internal sealed class Reader(Town town, int number) : Client(town, $"reader{number}")
{
    private Requester Who { get; } = new()
    {
        Subject = $"dr-{number}", Roles = [Role.Clinician], Purpose = "TREAT", Source = "local",
    };

    private Requester Officer { get; } = new()
    {
        Subject = $"officer-{number}", Roles = [Role.PrivacyOfficer], Purpose = "HOPERAT", Source = "local",
    };

    protected override async Task DoSomething()
    {
        string patient = World.Pick(Town.Patients);
        string log = "Patient/" + patient;
        var key = Town.Observation(patient);
        switch (World.Random.Next(10))
        {
            case 0 or 1 or 2:
                await Ask(log, new ReadResource { Who = Who, Key = key });
                break;
            case 3:
                await Ask(log, new ReadVersion { Who = Who, Key = key, Version = World.Random.Next(1, 4) });
                break;
            case 4:
                await Ask(log, new ReadHistory { Who = Who, Key = key, Count = 4 });
                break;
            case 5:
                await Ask(log, new SearchRecord
                {
                    Who = Who, Types = ["Observation"], Count = 5, Asked = "Observation?", Interaction = "search-type",
                });
                break;
            case 6:
                await Ask(log, new ReadAccessLog { Who = World.Chance(0.7) ? Officer : Who, Count = 10 });
                break;
            case 7:
                string directory = World.Pick(Town.Directory);
                await Ask(directory, new ReadResource { Who = Who, Key = ResourceKey.Parse(directory) });
                break;
            default:
                await AnswerAlerts(log);
                break;
        }
    }

    private async Task AnswerAlerts(string log)
    {
        if (await Ask(log, new ReadAlerts { Who = Who }) is not AlertsReleased { Alerts: { IsEmpty: false } open })
            return;
        await Task.WhenAny(Pause(Town.Think()), Town.Evening);
        int alert = World.Pick(open).Number;
        AnswerAlert answer = World.Random.Next(5) switch
        {
            0 => new SnoozeAlert { Who = Who, Alert = alert, For = TimeSpan.FromMinutes(World.Random.Next(1, 120)), Reason = "later" },
            1 => new OverrideAlert { Who = Who, Alert = alert, Reason = "known" },
            _ => new AcknowledgeAlert { Who = Who, Alert = alert },
        };
        await Ask(log, answer);
    }
}
