namespace PatientGrains.Grpc;

/// <summary>The status codes of gRPC (grpc/doc/statuscodes.md); their numbers travel.</summary>
public enum GrpcCode
{
    Ok = 0,
    /// <summary>By the caller, as a rule.</summary>
    Cancelled = 1,
    Unknown = 2,
    /// <summary>Wrong whatever the state of the system is.</summary>
    InvalidArgument = 3,
    /// <summary>It may have taken effect all the same.</summary>
    DeadlineExceeded = 4,
    NotFound = 5,
    AlreadyExists = 6,
    /// <summary>The caller is known, and may not.</summary>
    PermissionDenied = 7,
    ResourceExhausted = 8,
    /// <summary>Not in this state of the system; trying again does not help.</summary>
    FailedPrecondition = 9,
    /// <summary>Lost against somebody else; begin again from reading.</summary>
    Aborted = 10,
    OutOfRange = 11,
    Unimplemented = 12,
    Internal = 13,
    /// <summary>Passes by itself; the very same call may be tried again.</summary>
    Unavailable = 14,
    DataLoss = 15,
    Unauthenticated = 16,
}
