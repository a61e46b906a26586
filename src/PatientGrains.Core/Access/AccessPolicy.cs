using System.Collections.Frozen;
using PatientGrains.Core.Record;

namespace PatientGrains.Core.Access;

/// <summary>The kinds of access that the policy knows.</summary>
public enum AccessKind
{
    ReadRecord,
    WriteRecord,
    ReadAccessLog,
    /// <summary>Alerts of a record, on demand or as they come.</summary>
    ReceiveAlerts,
    /// <summary>Acknowledge, snooze, override.</summary>
    AnswerAlerts,
    /// <summary>Values that screening set aside.</summary>
    ReceiveQuality,
    /// <summary>Refused accesses as they come.</summary>
    ReceiveSecurity,
    /// <summary>Who lay where, for reports that name nobody; nobody subscribes to it.</summary>
    ReceiveCensus,
}

/// <summary>
/// The one place that decides who may do what. Pure: the same requester and kind always get the same answer.
/// Roles are the minimum that 45 CFR 164.312(a) asks for; consent narrows them in a later capability.
/// </summary>
public static class AccessPolicy
{
    /// <summary>
    /// Purposes of use that this engine releases a record for (HL7 v3-ActReason, value set PurposeOfUse): care, emergency care, payment,
    /// operations, patient's own request.
    /// </summary>
    public static readonly IReadOnlySet<string> Purposes = FrozenSet.Create("TREAT", "ETREAT", "HPAYMT", "HOPERAT", "PATRQT");

    /// <returns>Null when permitted, else the rule that refuses.</returns>
    public static Rule? RefusalFor(Requester? who, AccessKind kind)
    {
        if (who is null)
            return Rule.RequesterUnknown;
        if (!Purposes.Contains(who.Purpose))
            return Rule.PurposeNotPermitted;
        bool permitted = kind switch
        {
            AccessKind.ReadRecord or AccessKind.WriteRecord => who.Roles.Contains(Role.Clinician) || who.Roles.Contains(Role.Integrator),
            AccessKind.ReadAccessLog or AccessKind.ReceiveSecurity => who.Roles.Contains(Role.PrivacyOfficer),
            AccessKind.ReceiveAlerts => who.Roles.Contains(Role.Clinician) || who.Roles.Contains(Role.Alerting),
            AccessKind.AnswerAlerts => who.Roles.Contains(Role.Clinician),
            AccessKind.ReceiveQuality => who.Roles.Contains(Role.Clinician) || who.Roles.Contains(Role.Integrator),
            _ => false,
        };
        return permitted ? null : Rule.RoleNotPermitted;
    }
}
