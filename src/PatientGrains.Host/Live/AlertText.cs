using System.Globalization;
using PatientGrains.Grpc.V1;

namespace PatientGrains.Host.Live;

/// <summary>A line of the alert feed for a terminal.</summary>
internal static class AlertText
{
    /// <summary>Texts come from FHIR resources: what could steer a terminal is not printed.</summary>
    public static string Of(AlertLine line) => string.Concat(Whole(line).Select(letter => char.IsControl(letter) ? '?' : letter));

    private static string Whole(AlertLine line)
    {
        if (line.EventCase == AlertLine.EventOneofCase.Unreadable)
            return $"UNREADABLE  Patient/{line.PatientId}  line {line.Number}: the record cannot be asked, look at the patient";
        string at = line.At.ToDateTimeOffset().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        string unit = line.HasUnit ? line.Unit : "-";
        return $"{at}  {line.Severity,-8}  {unit}  Patient/{line.PatientId}  {line.Rule} #{line.Alert}: {What(line)}";
    }

    private static string What(AlertLine line) => line.EventCase switch
    {
        AlertLine.EventOneofCase.Raised => "raised" + Because(line.Raised.Reason),
        AlertLine.EventOneofCase.Worsened => "worsened" + Because(line.Worsened.Reason),
        AlertLine.EventOneofCase.Closed => line.Closed.End switch
        {
            AlertEnd.Recovered => "closed, recovered",
            AlertEnd.NoData => "closed, nothing new was said for a day",
            _ => "closed, the patient has died",
        },
        AlertLine.EventOneofCase.Withdrawn =>
            $"withdrawn: {line.Withdrawn.Type}/{line.Withdrawn.Id} was corrected by its version {line.Withdrawn.Version}",
        AlertLine.EventOneofCase.Acknowledged => $"acknowledged by {line.Acknowledged.By}",
        AlertLine.EventOneofCase.Escalated => $"escalated, step {line.Escalated.Step}: nobody acknowledged",
        AlertLine.EventOneofCase.Snoozed => $"snoozed by {line.Snoozed.By} until {line.Snoozed.Until.ToDateTimeOffset():HH:mm}",
        AlertLine.EventOneofCase.Resumed => "resumed after a snooze",
        AlertLine.EventOneofCase.Overridden => $"overridden by {line.Overridden.By}",
        // A newer server may say more than this program knows.
        _ => line.EventCase.ToString(),
    };

    private static string Because(AlertReason reason)
    {
        string score = reason.HasScore ? $", score {reason.Score}" : "";
        string criteria = string.Join("; ", reason.Criteria.Select(Text));
        string missing = reason.Missing.Count > 0 ? $" [not known: {string.Join(", ", reason.Missing)}]" : "";
        return $"{score}: {criteria}{missing}";
    }

    private static string Text(AlertCriterion one) => one.HasValue ? $"{one.Name} ({one.Value} {one.Unit})" : one.Name;
}
